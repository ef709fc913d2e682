"""`edgeft init` for tasks beside text classification."""

import json
import re
from pathlib import Path

import pytest
from questions import COLUMNS, asked
from ruamel.yaml import YAML

from edgeft.pipeline.planning import plan
from edgeft.recipe import load_recipe, parse_recipe
from edgeft.starter.recognizing import own_columns
from edgeft.tasks.token_classification import TokenClassification


def test_a_recipe_for_another_task_has_what_suits_it(edgeft, registry, tmp_path):
    pairs = tmp_path / "pairs.csv"
    rows = [f"a text {number},another {number},{number % 2}" for number in range(40)]
    pairs.write_text("\n".join(["question,answer,fits", *rows]) + "\n")
    out = tmp_path / "recipe.yaml"
    flags = ("--text", "question", "--pair", "answer", "--label", "fits", "--out", out, "--yes")
    made = edgeft("init", "--task", "pair-classification", "--train", pairs, *flags)
    assert made.code == 0, made.err
    recipe = load_recipe(out)
    assert recipe.data.columns.pair == "answer"
    assert recipe.steps[0].method == "full"
    planned = plan(recipe, tmp_path / "run", registry)
    assert planned.task.name == "pair-classification"
    tried = [each.candidate.name for each in planned.candidates]
    assert tried
    assert not any(name.startswith("static") for name in tried)


def test_a_file_that_one_task_alone_reads_is_of_that_task(edgeft, tmp_path):
    names, out = tmp_path / "names.conll", tmp_path / "recipe.yaml"
    names.write_text("Ada B-person\nlives O\n\nIn O\nRome B-place\n\n" * 20)
    made = edgeft("init", "--train", names, "--out", out, "--yes")
    assert made.code == 0, made.err
    assert "chosen without asking: --task token-classification, --text" in made.err
    assert load_recipe(out).task == "token-classification"


MARKED = ["a <e1>ring</e1> of <e2>gold</e2>", "the <e1>cat</e1> in the <e2>box</e2>"]
ROWS = {
    "token-classification": [("Ann Lee left Bonn", "B-a I-a O B-b"), ("Bonn is far", "B-b O O")],
    "relation-extraction": [(MARKED[0], "made"), (MARKED[1], "in")],
    "fill-mask": [("the [MASK] is blue", "sky"), ("a <mask> is red", "rose")],
}


@pytest.mark.parametrize("task", ROWS)
def test_cells_that_one_task_alone_has_are_of_that_task(task, edgeft, write_csv, tmp_path):
    train, out = write_csv("train.csv", ROWS[task] * 10), tmp_path / "recipe.yaml"
    made = edgeft("init", "--train", train, "--out", out, "--yes")
    assert made.code == 0, made.err
    assert f"chosen without asking: --task {task}" in made.err
    assert load_recipe(out).task == task
    train = write_csv("others.csv", [*ROWS[task] * 10, ("any other text", "other")])
    edgeft("init", "--train", train, "--out", out, "--yes", "--force")
    assert load_recipe(out).task == "text-classification"


def test_splits_of_another_kind_of_file_are_left_to_the_run(edgeft, tmp_path):
    rows = 'in London,"[[3, 9, ""place""]]"\nno,[]\n' * 3
    (tmp_path / "names.csv").write_text(f"text,label\n{rows}")
    (tmp_path / "names.conll").write_text("in O\nLondon B-place\n")
    asked = ["init", "--task", "token-classification", "--train", tmp_path / "names.csv", "--yes"]
    made = edgeft(*asked, "--test", tmp_path / "names.conll", "--out", tmp_path / "recipe.yaml")
    assert made.code == 0, made.err
    (tmp_path / "texts.csv").write_text("text\nin London\nin Rome\n")
    (tmp_path / "texts.txt").write_text("in London\nin Rome\n")
    asked = ["init", "--task", "sentence-embeddings", "--train", tmp_path / "texts.csv", "--yes"]
    made = edgeft(*asked, "--test", tmp_path / "texts.txt", "--out", tmp_path / "vectors.yaml")
    assert made.code == 0, made.err


def test_the_labels_in_cells_of_several_are_counted(edgeft, tmp_path):
    texts, out = tmp_path / "several.csv", tmp_path / "recipe.yaml"
    rows = [f"a text {number},{'a|b' if number % 2 else 'b|c'}" for number in range(40)]
    texts.write_text("\n".join(["text,label", *rows]))
    flags = ("--task", "multi-label-classification", "--train", texts, "--out", out, "--yes")
    made = edgeft("init", *flags)
    assert made.code == 0, made.err
    assert f"{texts}: 40 texts, 3 labels, a long text has 3 words" in made.err
    assert "# Written for 40 texts of 3 labels;" in out.read_text()
    assert "more than one label" not in made.err
    texts.write_text("\n".join(["text,label", *rows]).replace("|", " / "))
    made = edgeft("init", *flags, "--force")
    assert "note: no text has more than one label, such as 'a / b': between several" in made.err


def test_labels_that_are_numbers_may_be_meant_as_such(edgeft, tmp_path):
    texts, out = tmp_path / "prices.csv", tmp_path / "recipe.yaml"
    lines = [f"a text {number},{number % 16 / 4}" for number in range(80)]
    texts.write_text("\n".join(["text,label", *lines]))
    made = edgeft("init", "--train", texts, "--out", out, "--yes")
    assert "note: the 16 labels are numbers; to answer with a number, --task regression" in made.err
    few = [f"a text {number},{number % 5}" for number in range(80)]
    texts.write_text("\n".join(["text,label", *few]))  # stars, say
    made = edgeft("init", "--train", texts, "--out", out, "--yes", "--force")
    assert "are numbers" not in made.err


def test_few_rows_are_told_that_they_judge_little(edgeft, tmp_path):
    texts, out = tmp_path / "few.csv", tmp_path / "recipe.yaml"
    texts.write_text("\n".join(["text,label", *(f"text {n},{n % 2}" for n in range(990))]))
    flags = ("init", "--train", texts, "--out", out, "--yes", "--force")
    told = "note: 99 texts, a tenth, will say whether a step loses too much"
    assert told in edgeft(*flags).err
    assert "a tenth" not in edgeft(*flags, "--validation", texts).err
    texts.write_text("\n".join(["text,label", *(f"text {n},{n % 2}" for n in range(1000))]))
    assert "a tenth" not in edgeft(*flags).err


@pytest.mark.parametrize(
    ("name", "line", "column"),
    [
        ("texts.jsonl", '{{"topic": "a", "said": "where is my card {}"}}', "said"),
        ("texts.txt", "where is my card {}", "text"),
    ],
)
def test_texts_without_answers_have_the_recipe_of_their_page(
    edgeft, name, line, column, make_tiny_base, tmp_path
):
    texts, out = tmp_path / name, tmp_path / "recipe.yaml"
    texts.write_text("\n".join(line.format(number) for number in range(40)))
    asked = ("init", "--task", "sentence-embeddings", "--train", texts, "--yes", "--out", out)
    made = edgeft(*asked, "--base", make_tiny_base("bert"))
    assert made.code == 0, made.err
    assert f"{texts}: 40 texts, a long text has 5 words" in made.err
    recipe, (page, *_) = load_recipe(out), recipes_of("sentence-embeddings")
    assert (recipe.steps, recipe.gates.max_drop) == (page.steps, page.gates.max_drop)
    assert recipe.data.columns.text == column
    planned = edgeft("plan", out, "--out", tmp_path / "run")
    assert planned.code == 0, planned.err


def recipes_of(task):
    """The recipes on a task's page, in their order."""
    page = Path(__file__).parents[2] / "docs" / "tasks" / f"{task}.md"
    found = re.findall(r"^```yaml\n(task: .*?)^```", page.read_text("utf-8"), re.M | re.S)
    return [parse_recipe(YAML(typ="safe").load(each)) for each in found]


@pytest.mark.parametrize("form", ["squad", "lines"])
def test_init_knows_questions_with_their_texts(
    edgeft, form, question_files, tmp_path, make_tiny_base
):
    train, columns = question_files["train"], {"text": "text", "pair": "pair", "label": "label"}
    if form == "lines":
        train, columns = tmp_path / "train.jsonl", COLUMNS
        train.write_text("\n".join(map(json.dumps, asked("train", 240))))
    out = tmp_path / "recipe.yaml"
    flags = ("--base", make_tiny_base("bert"), "--out", out, "--yes")
    made = edgeft("init", "--task", "question-answering", "--train", train, *flags)
    assert made.code == 0, made.err
    assert f"{train}: 240 texts, a long text has 1" in made.err
    recipe = load_recipe(out)
    found = recipe.data.columns
    assert {role: getattr(found, role) for role in columns} == columns
    assert recipe.gates.metric == "f1"
    planned = edgeft("plan", out, "--out", tmp_path / "run")
    assert planned.code == 0, planned.err


def test_init_knows_questions_as_the_hub_has_them(edgeft, tmp_path):
    """Rows whose answers are lists of texts and of places, some empty, beside columns of others."""
    train, out = tmp_path / "train.jsonl", tmp_path / "recipe.yaml"
    answers = [{"text": ["in Rome"], "answer_start": [5]}, {"text": [], "answer_start": []}]
    rows = [
        {"id": f"q{number}", "title": "towns", "question": f"where is number {number}?"}
        | {"context": f"it is in Rome, number {number}", "answers": answers[number % 2]}
        for number in range(20)
    ]
    train.write_text("\n".join(map(json.dumps, rows)))
    done = edgeft("init", "--train", train, "--out", out, "--yes")
    assert done.code == 0, done.err
    assert "the columns are those of" not in done.err
    recipe = load_recipe(out)
    assert recipe.task == "question-answering"
    columns = recipe.data.columns
    assert (columns.text, columns.pair, columns.label) == ("question", "context", "answers")


def test_init_names_what_is_wrong_with_a_squad_file(edgeft, tmp_path):
    train = tmp_path / "train.json"
    train.write_text('{"version": "v2.0"}')
    done = edgeft("init", "--task", "question-answering", "--train", train, "--yes")
    assert done.code == 1
    assert "it has no list 'data'" in done.err


def test_columns_of_another_task_are_noticed(edgeft, tmp_path):
    train, out = tmp_path / "train.jsonl", tmp_path / "recipe.yaml"
    row = {"context": "the Bonn of old", "answers": "Bonn"}  # without where it stands
    rows = [row | {"question": f"where is {number % 3}?"} for number in range(12)]
    train.write_text("".join(json.dumps(each) + "\n" for each in rows))
    given = ["init", "--train", train, "--out", out, "--yes"]
    note = "note: the columns are those of question-answering: for it, --task question-answering"
    assert note in edgeft(*given).err
    assert note not in edgeft(*given, "--task", "question-answering", "--force").err
    assert note not in edgeft(*given, "--task", "text-classification", "--force").err


ROWS_OF = {
    "multi-label-classification": {"text": "a text", "label": ["a", "b"]},
    "regression": {"text": "a text", "label": 1.5},
    "token-classification": {"text": "Ann left", "label": [[0, 3, "person"]]},
    "relation-extraction": {"text": "a <e1>ring</e1> of <e2>gold</e2>", "label": "made-of"},
    "fill-mask": {"text": "the sky is [MASK]", "label": "blue"},
    "embeddings-from-pairs": {"text": "where?", "pair": "there"},
    "embeddings-from-labels": {"text": "a text", "label": "a"},
    "embeddings-from-scores": {"text": "a text", "pair": "another", "label": 0.5},
    "text-similarity": {"text": "a text", "pair": "another", "label": 4},
}
OF_OTHERS = {"relation-extraction": {"label": "part-of"}}
"""what every second row says, of a task that needs two labels"""


@pytest.mark.parametrize(("rows", "epochs"), [(3, 6), (1750, 4), (3400, 2), (9000, 2)])
def test_names_give_way_to_others_before_the_teacher_learns_them(edgeft, tmp_path, rows, epochs):
    train = tmp_path / "train.jsonl"
    train.write_text(f"{json.dumps(ROWS_OF['token-classification'])}\n" * rows)
    recipe = tmp_path / "recipe.yaml"
    done = edgeft(
        "init", "--task", "token-classification", "--train", train, "--out", recipe, "--yes"
    )
    assert done.code == 0, done.err
    steps = load_recipe(recipe).steps
    assert [step.method for step in steps[:2]] == ["mention", "full"]
    assert (steps[1].options["r_drop"], steps[1].options["epochs"]) == ("auto", epochs)


@pytest.mark.parametrize("task", ROWS_OF)
def test_a_recipe_for_any_task_can_be_planned(task, edgeft, tmp_path):
    data, out = tmp_path / "data.jsonl", tmp_path / "recipe.yaml"
    row = ROWS_OF[task]
    rows = [row, row | OF_OTHERS.get(task, {})] * 20
    lines = [
        json.dumps(each | {"text": f"{each['text']} {number}"}) for number, each in enumerate(rows)
    ]
    data.write_text("\n".join(lines) + "\n")
    label = ("--label", "label") if "label" in row else ()
    made = edgeft("init", "--task", task, "--train", data, "--out", out, "--yes", *label)
    assert made.code == 0, made.err
    low = task.startswith("embeddings") or task == "token-classification"
    rate = "1e-4" if low else "2e-4"
    assert f"learning_rate: {rate}" in out.read_text(encoding="utf-8")
    planned = edgeft("plan", out, "--out", tmp_path / "run")
    assert planned.code == 0, planned.err
    assert "layers-2" in planned.out


def test_what_few_rows_cannot_resolve_is_what_their_recipe_allows(edgeft, tmp_path):
    texts, out = tmp_path / "few.txt", tmp_path / "recipe.yaml"
    flags = ("--task", "sentence-embeddings", "--train", texts, "--out", out, "--yes", "--force")
    for rows, told in ((190, True), (200, False)):
        texts.write_text("\n".join(f"text {number}" for number in range(rows)))
        made = edgeft("init", *flags)
        allowed = load_recipe(out).gates.max_drop
        assert (f"cannot resolve `max_drop: {allowed}`" in made.err) == told, made.err


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({"text": "Ann is in Bonn", "label": [[0, 3, "person"]]}, {"text": "text"}),
        ({"text": "Ann is in Bonn", "label": '[[0, 3, "person"]]'}, {"text": "text"}),
        (
            {"said": "Ann is in Bonn", "id": "a", "found": [{"start": 0, "end": 3, "type": "p"}]},
            {"text": "said", "label": "found"},
        ),
        (
            {"id": "0", "tokens": ["Ann", "sleeps"], "ner_tags": [1, 0]},
            {"text": "tokens", "label": "ner_tags"},
        ),
        (
            {"ner_tags": ["B-person", "O"], "tokens": ["Ann", "sleeps"]},
            {"text": "tokens", "label": "ner_tags"},
        ),
    ],
)
def test_cells_of_spans_or_tags_tell_the_task_and_its_columns(edgeft, row, columns, tmp_path):
    path, out = tmp_path / "names.jsonl", tmp_path / "recipe.yaml"
    without = {name: [] if isinstance(cell, list) else cell for name, cell in row.items()}
    rows = [without if "tokens" not in row else row, *[row] * 20]
    path.write_text("\n".join(map(json.dumps, rows)))
    made = edgeft("init", "--train", path, "--out", out, "--yes")
    assert made.code == 0, made.err
    assert "is taken for several" not in made.err
    recipe = load_recipe(out)
    assert recipe.task == "token-classification"
    found = {"text": recipe.data.columns.text, "label": recipe.data.columns.label}
    assert found == {"label": "label", **columns}


@pytest.mark.parametrize("cell", ['["news", "sport"]', "[1, 2, 3]", "[broken", '{"start": 1}'])
def test_lists_that_are_no_spans_tell_nothing_of_names(edgeft, cell, tmp_path):
    path, out = tmp_path / "texts.jsonl", tmp_path / "recipe.yaml"
    rows = [{"text": f"a text {n}", "label": cell if n % 2 else '["news"]'} for n in range(20)]
    path.write_text("\n".join(map(json.dumps, rows)))
    edgeft("init", "--train", path, "--out", out, "--yes")
    assert load_recipe(out).task != "token-classification"


@pytest.mark.parametrize(
    ("columns", "labels", "said"),
    [
        (("text", "pair", "label"), ("yes", "no"), "pair-classification: for it, --task pair-"),
        (("text", "pair", "label"), ("0.5", "1.5"), "text-similarity: for it, --task text-sim"),
        (("text", "head", "tail", "label"), ("in", "of"), "relation-extraction: for it, --task"),
    ],
)
def test_columns_of_another_task_are_told(edgeft, columns, labels, said, tmp_path):
    path, out = tmp_path / "rows.jsonl", tmp_path / "recipe.yaml"
    rows = [
        {name: f"{name} number {number}" for name in columns} | {"label": labels[number % 2]}
        for number in range(20)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    made = edgeft("init", "--train", path, "--out", out, "--yes")
    assert f"note: the columns are those of {said}" in made.err


@pytest.mark.parametrize(
    ("header", "columns"),
    [("text", "columns: {text: text}"), ("text,label", "columns: {text: text, label: label}")],
)
def test_words_to_hide_need_no_column_and_may_have_one(edgeft, header, columns, tmp_path):
    texts, out = tmp_path / "texts.csv", tmp_path / "recipe.yaml"
    row = (
        "the sky is blue in month {}" if header == "text" else "the sky is [MASK] in month {},blue"
    )
    texts.write_text("\n".join([header, *(row.format(number) for number in range(40))]))
    made = edgeft("init", "--task", "fill-mask", "--train", texts, "--out", out, "--yes")
    assert made.code == 0, made.err
    assert f"{texts}: 40 texts, a long text has " in made.err
    assert columns in out.read_text()


@pytest.mark.parametrize(("flags", "column"), [((), "negative"), (("--negative", "odd"), "odd")])
def test_texts_that_do_not_belong_have_their_column(edgeft, flags, column, tmp_path):
    texts, out = tmp_path / "texts.csv", tmp_path / "recipe.yaml"
    row = "where is card {0},card {0} is lost,no {0},odd {0}"
    texts.write_text("\n".join(["text,pair,negative,odd", *map(row.format, range(40))]))
    asked = ("--train", texts, "--out", out, "--yes", "--force", *flags)
    made = edgeft("init", "--task", "embeddings-from-pairs", *asked)
    assert made.code == 0, made.err
    assert load_recipe(out).data.columns.negative == column
    refused = edgeft("init", "--task", "pair-classification", *asked, "--negative", "negative")
    assert "pair-classification learns from no texts that do not belong" in refused.err


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (
            [{"id": "0", "tokens": ["a", "b"], "pos_tags": [2, 4], "ner_tags": [3, 0]}],
            {"text": "tokens", "label": "ner_tags"},
        ),
        ([{"tokens": ["a", "b"], "pos_tags": [2, 4], "chunk_tags": [3, 0]}], {}),
        (
            [
                {"text": "a", "labels": [1] * (1 + n % 3), "kinds": ["k"] * (1 + n % 4)}
                for n in range(9)
            ],
            {},
        ),
        ([{"text": "[" * 100_000, "label": "a"}], {}),
        ([{"text": "a b", "label": [[0, 1, "x"]]}, {"text": "b", "label": []}], {"label": "label"}),
        ([{"text": "a b", "label": [[0, 1, "x"]]}, {"text": "b", "label": ["y"]}], {}),
    ],
)
def test_columns_are_told_by_all_rows_and_by_one_way_to_read_them(rows, columns):
    found = own_columns(TokenClassification(), rows)
    assert found == (({"text": "text"} | columns) if columns else {})
