"""Which columns `edgeft init` takes for what, and that the other splits have them too."""

import pytest

from edgeft.recipe import load_recipe


def test_numbers_are_texts_where_the_column_is_called_so(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    train.write_text("\n".join(["text,label", *["123,billing", "45,shipping"] * 5]))
    for flags in ([], ["--label", "label"]):
        assert edgeft("init", "--train", train, "--out", out, "--yes", "--force", *flags).code == 0
        assert load_recipe(out).data.columns.text == "text"


def test_the_column_that_is_named_as_the_label_is_no_text(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    train.write_text("\n".join(["said,topic", *["hi,about the bill", "yes,about a parcel"] * 5]))
    assert edgeft("init", "--train", train, "--label", "topic", "--out", out, "--yes").code == 0
    assert load_recipe(out).data.columns.text == "said"


@pytest.mark.parametrize(
    ("held", "said"),
    [("", "is empty"), ("text,label\n", "has no rows"), ("txt,label\na,b\n", "no column 'text'")],
)
@pytest.mark.parametrize("split", ["validation", "test"])
def test_init_looks_into_the_other_splits(edgeft, write_csv, tmp_path, held, said, split):
    train = write_csv("train.csv", [(f"what is {n}", "ab"[n % 2]) for n in range(9)])
    other, out = tmp_path / "other.csv", tmp_path / "recipe.yaml"
    other.write_text(held)
    done = edgeft("init", "--train", train, f"--{split}", other, "--out", out, "--yes")
    assert done.code == 1 and said in done.last_two[0] and not out.exists()
    done = edgeft("init", "--train", train, f"--{split}", "gone.csv", "--out", out, "--yes")
    assert done.last_two[0] == "error: no file, folder or sample 'gone.csv'"


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        (
            "sentence1,sentence2,score",
            ["a man runs,somebody runs,4.2", "a man runs,a cat sleeps,0.5"],
            "the columns are those of text-similarity: for it, --task text-similarity",
        ),
        (
            "premise,hypothesis,label",
            ["a man runs,somebody runs,yes", "a man runs,a cat sleeps,no"],
            "the columns are those of pair-classification: for it, --task pair-classification",
        ),
        (
            "text,label",
            ['"my card, a fee","card,fee"', "a card,card", '"fees, fees","fee,card"', "a fee,fee"],
            "the label 'card,fee' looks like several; for these, --task multi-label",
        ),
        (
            "text;label",
            [f"number {number};{number},5" for number in range(12)],
            "the 12 labels are numbers; to answer with a number, --task regression, written with",
        ),
        (
            "question,answer,topic",
            ["what is a fee?,it is what you pay,fee", "where is my card?,it was sent,card"],
            "the columns are those of embeddings-from-pairs: for it, --task embeddings-from-pairs",
        ),
        (
            "question,context,answer",
            ["what is a fee?,a fee is what you pay,pay", "who was it?,it was the bank,the bank"],
            "the columns are those of question-answering: for it, --task question-answering",
        ),
        (
            "text,is_card,is_fee",
            ["my card,1,0", "a fee,0,1", "a card's fee,1,1"],
            "the columns is_card, is_fee hold 0 and 1 alone, and one is read",
        ),
    ],
)
def test_what_two_texts_or_several_labels_look_like_is_noted(edgeft, tmp_path, header, rows, said):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    train.write_text("\n".join([header, *rows * 10]))
    done = edgeft("init", "--train", train, "--out", out, "--yes")
    assert done.code == 0
    assert f"note: {said}" in done.err


def test_two_texts_are_found_by_their_usual_names(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    rows = ["a man runs,somebody runs,yes", "a man runs,a cat sleeps,no"] * 10
    train.write_text("\n".join(["premise,hypothesis,label", *rows]))
    done = edgeft("init", "--task", "pair-classification", "--train", train, "--out", out, "--yes")
    assert f"{train}: 20 texts, 2 labels," in done.err
    columns = load_recipe(out).data.columns
    assert (columns.text, columns.pair, columns.label) == ("premise", "hypothesis", "label")


def test_the_second_text_that_is_named_wins(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    rows = ["a man runs,somebody runs,he sits,yes", "a man runs,a cat sleeps,he runs,no"] * 10
    train.write_text("\n".join(["premise,hypothesis,other,label", *rows]))
    asked = ("init", "--task", "pair-classification", "--train", train, "--out", out, "--yes")
    assert edgeft(*asked, "--text", "premise", "--pair", "other").code == 0
    assert load_recipe(out).data.columns.pair == "other"


def test_cells_that_are_json_lists_hold_several_labels(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    rows = [
        'my card,"[""card""]"',
        'a fee,"[""a fee, or more""]"',
        'both,"[""card"", ""a fee, or more""]"',
    ]
    train.write_text("\n".join(["text,label", *rows * 10]))
    done = edgeft("init", "--train", train, "--out", out, "--yes")
    assert f"{train}: 30 texts, 2 labels," in done.err
    assert load_recipe(out).task == "multi-label-classification"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (
            '{"text": "a", "label": "b"}\n{"text": "c", "label": "d"}\n',
            ["it is no JSON: Extra data: line 2", "one object a line is a .jsonl file: rename it"],
        ),
        ('{"text": ["a"], "label": ["b"]}', ["it has no list 'data'", "or an array of rows"]),
    ],
)
def test_objects_that_are_no_rows_are_named_with_their_file(edgeft, tmp_path, held, said):
    train, out = tmp_path / "train.json", tmp_path / "recipe.yaml"
    train.write_text(held)
    done = edgeft("init", "--train", train, "--out", out, "--yes")
    assert done.last_two[0].startswith(f"error: {train}: {said[0]}")
    assert done.last_two[1].endswith(said[1])


def test_texts_that_belong_together_are_found_by_their_usual_names(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    rows = [f"fee {number}?,you pay {number},it rains {number}" for number in range(20)]
    train.write_text("\n".join(["anchor,positive,negative", *rows]))
    done = edgeft(
        "init", "--task", "embeddings-from-pairs", "--train", train, "--out", out, "--yes"
    )
    assert done.code == 0, done.err
    columns = load_recipe(out).data.columns
    assert (columns.text, columns.pair, columns.negative) == ("anchor", "positive", "negative")


def test_a_second_column_of_texts_is_not_left_out_without_a_word(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    rows = [f"is number {n} the same as that,this is number {n},{'yn'[n % 2]}" for n in range(12)]
    train.write_text("\n".join(["first,second one,same_topic", *rows]))
    done = edgeft("init", "--train", train, "--out", out, "--yes")
    assert (
        "note: the column 'second one' holds texts as well, and only 'first' is read: for two that"
        " are read together, --task pair-classification --text first --pair 'second one'\n"
    ) in done.err
    both = ("--task", "pair-classification", "--text", "first", "--pair", "second one")
    done = edgeft("init", "--train", train, *both, "--out", out, "--yes", "--force")
    assert done.code == 0 and "holds texts as well" not in done.err
    assert load_recipe(out).data.columns.pair == "second one"


def test_columns_of_names_and_of_ids_are_no_second_texts(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    rows = [f"id {n},Ann Smith{n},is number {n} the same,{'yn'[n % 2]}" for n in range(12)]
    train.write_text("\n".join(["id,from,text,label", *rows]))
    done = edgeft("init", "--train", train, "--out", out, "--yes")
    assert done.code == 0 and "holds texts as well" not in done.err


def test_labels_that_differ_in_case_are_noted_before_a_run(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    rows = [f"number {n},{('card', 'Card', 'fee')[n % 3]}" for n in range(12)]
    train.write_text("\n".join(["text,label", *rows]))
    done = edgeft("init", "--train", train, "--out", out, "--yes")
    assert "note: labels 'Card' and 'card' differ in case only\n" in done.err


def test_a_named_column_that_is_missing_is_told_before_anything_else(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    train.write_text("\n".join(["said,label", *(f"number {n},{'yn'[n % 2]}" for n in range(12))]))
    done = edgeft("init", "--train", train, "--text", "message", "--out", out, "--yes")
    assert done.code == 1
    assert done.err.startswith(f"error: {train} has no column 'message'\n")


def test_nearly_as_many_labels_as_texts_are_doubted(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    train.write_text("\n".join(["text,label", *(f"number {n},{'yn'[n % 2]}" for n in range(12))]))
    turned = ("--text", "label", "--label", "text")
    done = edgeft("init", "--train", train, *turned, "--out", out, "--yes")
    assert (
        "note: 12 labels of 12 texts: if 'text' is not the label, name the columns: --text COLUMN"
        " --label COLUMN\n"
    ) in done.err
