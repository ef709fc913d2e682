from edgeft.manifests import Decoding
from edgeft.report import Report
from edgeft.report.advice import advice
from edgeft.report.asking import examples
from edgeft.report.blocks import Code, Details, Items, Table, Text
from edgeft.report.choice import choice
from edgeft.report.confusions import confused_pairs, confusions, labels
from edgeft.report.costs import costs, steps
from edgeft.report.dataset import dataset


def many_labels(report: Report, count: int) -> Report:
    shipped = report.rows[-1]
    assert shipped.scores is not None
    scores = shipped.scores.model_copy(
        update={
            "per_class": [
                {"label": f"label {n}", "precision": 1, "recall": 1, "f1": n / 100, "support": 5}
                for n in reversed(range(count))
            ]
        }
    )
    shipped = shipped.model_copy(update={"scores": scores})
    return report.model_copy(update={"rows": [*report.rows[:-1], shipped]})


def test_the_choice_is_a_few_rows(report: Report) -> None:
    table, details = choice(report.choice)
    assert table == Table(
        ["what", "chosen"],
        [
            ["variant", "int8"],
            ["why this variant", "the fastest that passes"],
            ["session options", "arena: no"],
            ["graph", "captured by dynamo, rewritten: first-token, plain"],
            ["why this graph", "it is faster beyond doubt"],
            ["timed on", "64 validation texts, one at a time"],
        ],
    )
    assert isinstance(details, Details)


def test_a_quantizer_that_stays_with_float32_says_why() -> None:
    table, _ = choice({"variant": {"chosen": "fp32", "reason": "int8 costs 0.1 accuracy"}})
    assert table == Table(
        ["what", "chosen"],
        [["variant", "fp32"], ["why this variant", "int8 costs 0.1 accuracy"]],
    )


def test_of_many_labels_the_weakest_stand_first_and_all_of_them_folded(report: Report) -> None:
    _, weakest, details = labels(many_labels(report, 20))
    assert isinstance(weakest, Table)
    assert [row[0] for row in weakest.rows] == [f"label {n}" for n in range(10)]
    assert isinstance(details, Details)
    assert details.title == "All 20 labels"


def test_a_step_has_its_time_and_its_gate_on_one_line(report: Report) -> None:
    (gate,) = report.gates
    gate = gate.model_copy(update={"step": "export-onnx", "note": "odd"})
    table, notes, *_ = costs(report.model_copy(update={"gates": [gate]}))
    assert isinstance(table, Table)
    assert table.rows == [
        ["finetune-full", "3 min 20 s", *[""] * 7],
        ["export-onnx", "reused", "0.860", "0.850", "0.010", "-0.010 to 0.030", "200", "0.01",
         "yes"],
    ]  # fmt: skip
    assert notes == Items(["export-onnx: odd"])


def test_label_without_texts_stands_last_and_has_no_figures(report: Report) -> None:
    row = report.shipped
    assert row is not None
    assert row.scores is not None
    classes = [
        each | {"support": int(place > 0)} for place, each in enumerate(row.scores.per_class)
    ]
    scores = row.scores.model_copy(update={"per_class": classes})
    rows = [each.model_copy(update={"scores": scores}) for each in report.rows]
    _, table, *_ = labels(report.model_copy(update={"rows": rows}))
    assert isinstance(table, Table)
    assert table.rows[-1] == [classes[0]["label"], "0", "", "", "", ""]
    assert all(cell for line in table.rows[:-1] for cell in line[1:5])


def test_what_stands_under_the_choice_is_not_told_again(report: Report) -> None:
    tuned, exported = report.steps
    exported = exported.model_copy(update={"figures": {"choice": report.choice["variant"]}})
    folded = steps(report.model_copy(update={"steps": [tuned, exported]}))
    assert [each.title for each in folded if isinstance(each, Details)] == ["finetune-full"]


def test_many_labels_of_a_data_set_are_folded_and_their_range_is_told(report: Report) -> None:
    counts = {f"label {n}": 10 + n for n in range(20)}
    splits = {"train": {**report.data["splits"]["train"], "labels": counts}}
    *_, told, folded = dataset({"splits": splits})
    assert told == Text("In train, labels have from 10 (label 0) to 29 (label 19) texts.")
    assert isinstance(folded, Details)


def test_a_delivered_bundle_comes_with_its_commands(report: Report) -> None:
    _, commands, embedding, mistakes = advice(report)
    assert isinstance(commands, Code)
    assert 'edgeft predict bundle "a text"' in commands.text
    assert isinstance(embedding, Code)
    assert isinstance(mistakes, Items)
    assert mistakes.items[0].startswith("The most frequent mistake: a|b answered as <c> (2 of 20")


def test_a_bundle_of_two_texts_is_asked_with_two(report: Report) -> None:
    pair = examples(Decoding(pairs=True))[0]
    _, commands, embedding, _ = advice(report.model_copy(update={"example": pair}))
    assert isinstance(commands, Code) and isinstance(embedding, Code)
    assert 'edgeft predict bundle "a text" "its second text"\n' in commands.text
    assert 'model(("a text", "its second text"))' in embedding.text


def test_a_failed_gate_delivers_nothing_but_says_what_helps(report: Report) -> None:
    gates = [gate.model_copy(update={"passed": False}) for gate in report.gates]
    step = report.steps[-1].model_copy(update={"name": "quantize-dynamic", "kind": "quantize"})
    (found,) = advice(report.model_copy(update={"gates": gates, "steps": [step]}))
    assert isinstance(found, Items)
    assert found.items[:2] == [
        "Keep more layers, train longer, or raise gates.max_drop.",
        "The bundle that was made is kept in this directory, as quantize-dynamic:"
        ' `edgeft predict quantize-dynamic "a text"` asks it.',
    ]


def test_what_a_review_found_and_did_stands_below_the_data(report: Report) -> None:
    cleaning = {
        "found": {"label": 7, "duplicate": 12},
        "proposed": {"drop": 12, "relabel": 7},
        "rows_before": {"train": 90, "test": 10},
        "rows_after": {"train": 78, "test": 10},
        "dropped": 12,
        "relabelled": 0,
        "given": False,
    }
    blocks = dataset({**report.data, "cleaning": cleaning})
    assert blocks[-2:] == [
        Text(
            "The review found 19 rows worth a look. 12 rows were dropped and 0 relabelled:"
            " 100 rows before, 88 after."
        ),
        Table(["what", "rows"], [["duplicate", "12"], ["label", "7"]]),
    ]
    unchanged = cleaning | {"dropped": 0, "given": True, "found": {}, "proposed": {}}
    assert dataset({**report.data, "cleaning": unchanged})[-1] == Text(
        "The review was given its decisions. No row was changed."
    )


def test_down_weighted_rows_are_a_change_too(report: Report) -> None:
    cleaning = {
        "found": {"label": 1},
        "proposed": {"down-weight": 1},
        "rows_before": {"train": 90},
        "rows_after": {"train": 90},
        "dropped": 0,
        "relabelled": 0,
        "down_weighted": 1,
        "given": False,
    }
    assert dataset({**report.data, "cleaning": cleaning})[-2] == Text(
        "The review found 1 row worth a look. 0 rows were dropped and 0 relabelled,"
        " 1 down-weighted: 90 rows before, 90 after."
    )


def test_a_model_may_have_labels_that_the_data_lacks(report: Report) -> None:
    fewer = report.model_copy(update={"labels": report.labels[:1]})
    assert confusions(fewer) == confusions(report)
    assert confused_pairs(fewer) == confused_pairs(report) != []
