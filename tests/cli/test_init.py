"""`edgeft init`: what it asks, says and writes."""

import json

import pytest

from edgeft.recipe import load_recipe
from edgeft.starter.writing import default_base


def test_init_of_one_label_alone_writes_nothing(edgeft, write_csv, tmp_path):
    rows = [(f"where is my card {n}", "card") for n in range(9)] + [("and this", "")]
    train, out = write_csv("one.csv", rows), tmp_path / "recipe.yaml"

    done = edgeft("init", "--train", train, "--out", out, "--yes")

    assert done.last_two == [
        f"error: {train}: every text has the same label",
        "hint: add texts of another label, or name another column: --label COLUMN",
    ]
    assert not out.exists()


@pytest.mark.parametrize("called", ["label", "category"])
def test_init_of_a_label_column_that_always_says_the_same_writes_nothing(edgeft, tmp_path, called):
    train = tmp_path / "one.csv"
    rows = [f"where is my card {number},card" for number in range(9)]
    train.write_text("\n".join([f"text,{called}", *rows]))
    done = edgeft("init", "--train", train, "--out", tmp_path / "recipe.yaml", "--yes")

    assert done.last_two[0] == f"error: {train}: every text has the same label"


def test_init_tells_a_row_from_the_names_of_the_columns(edgeft, write_csv, tmp_path):
    rows = [(f"where is my card {n}", "card" if n % 2 else "cash") for n in range(9)]
    train, out = write_csv("bare.csv", rows[1:], rows[0]), tmp_path / "recipe.yaml"
    done = edgeft("init", "--train", train, "--out", out, "--yes")

    assert done.last_two == [
        f"error: {train}: its first line, which names the columns, looks like one of its rows:"
        " 'cash' is a label of others, too",
        "hint: begin it with a line such as text,label; if that is what the column is called, add"
        " --label cash",
    ]
    assert edgeft("init", "--train", train, "--label", "cash", "--out", out, "--yes").code == 0


def test_init_of_another_encoding(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    rows = [f"wo ist meine Überweisung {n},{'é' if n % 2 else 'ü'}" for n in range(40)]
    train.write_text("\n".join(["text,label", *rows]), encoding="cp1252")

    refused = edgeft("init", "--train", train, "--out", out, "--yes")
    assert (refused.code, "--encoding cp1252" in refused.last_two[1]) == (1, True)
    done = edgeft("init", "--train", train, "--encoding", "cp1252", "--out", out, "--yes")
    assert "40 texts, 2 labels" in done.err
    assert load_recipe(out).data.encoding == "cp1252"
    for label, word in (("a", "Überweisung"), ("b", "Gebühr")):
        folder = tmp_path / "texts" / label
        folder.mkdir(parents=True)
        (folder / "1.txt").write_text(f"wo ist meine {word}", encoding="cp1252")
    given = ("init", "--train", tmp_path / "texts", "--out", out, "--yes", "--force")
    refused = edgeft(*given)
    assert (refused.code, "--encoding cp1252" in refused.last_two[1]) == (1, True)
    (folder / "scan.pdf").write_bytes(b"%PDF \xff\xfe\x81")  # which a run passes over, too
    (folder / ".hidden").write_bytes(b"\x81")
    done = edgeft(*given, "--encoding", "cp1252")
    assert (done.code, "2 texts, 2 labels" in done.err) == (0, True)
    wrong = edgeft("init", "--train", train, "--encoding", "hex", "--out", out, "--yes", "--force")
    assert "unknown encoding 'hex'" in wrong.err


def test_init_writes_a_recipe_that_can_be_planned(edgeft, mails, tmp_path, make_tiny_base):
    out = tmp_path / "recipe.yaml"
    done = edgeft(
        "init", "--train", mails, "--base", make_tiny_base("bert"), "--out", out, "--yes"
    )  # fmt: skip

    assert done.code == 0
    assert done.err.splitlines() == [
        f"{mails}: 40 texts, 2 labels, a long text has 6 words",
        "note: 4 texts, a tenth, will say whether a step loses too much, and so few cannot resolve"
        " `max_drop: 0.01`: name a few hundred with --validation where you have them",
        "chosen without asking: --text body, --label topic, validation split off, test split off",
    ]
    assert done.out.splitlines() == [
        f"wrote {out}; next:",
        f"  edgeft plan {out} --out runs/recipe",
        f"  edgeft run {out} --out runs/recipe",
    ]
    recipe = load_recipe(out)
    assert recipe.data.train == str(mails)
    assert (recipe.data.columns.text, recipe.data.columns.label) == ("body", "topic")
    assert (recipe.searches, recipe.effort) == (True, "default")
    assert recipe.gates.max_drop == 0.01
    assert recipe.gates.max_p50_ms == 5

    planned = edgeft("plan", out, "--out", tmp_path / "run")
    assert planned.code == 0, planned.err
    tried = planned.out.partition(
        "Students are tried in this order, until one meets every budget:\n"
    )
    assert [line.split()[0] for line in tried[2].splitlines()[:-1]] == [
        "static", "static-width-256", "layers-1", "layers-2-neurons-32-heads-1", "layers-2",
        "layers-3", "layers-1-width-16", "layers-2-width-16", "layers-3-width-16", "teacher",
    ]  # fmt: skip
    listed = json.loads(edgeft("plan", out, "--out", tmp_path / "run", "--json").out)
    assert [step["name"] for step in listed["steps"]] == [
        "data",
        "clean-review",
        "finetune-auto",
        "augment-neighbours",
        "augment-mask",
    ]
    assert [step["name"] for step in listed["candidates"][2]["steps"]] == [
        f"candidates/layers-1/{name}"
        for name in ("distill-layers", "prune-vocabulary", "export-onnx", "quantize-dynamic")
    ]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_in_squads_form_is_of_questions(edgeft, tmp_path, mark):
    context = "anna lives in paris since 2001"
    asked = {"id": "1", "question": "where?", "answers": [{"text": "paris", "answer_start": 14}]}
    squad = {"data": [{"paragraphs": [{"context": context, "qas": [asked] * 12}]}]}
    train, out = tmp_path / "train.json", tmp_path / "recipe.yaml"
    train.write_text(mark + json.dumps(squad, indent=1), encoding="utf-8")
    assert edgeft("init", "--train", train, "--out", out, "--yes").code == 0
    assert load_recipe(out).task == "question-answering"

    rows = [{"text": f"a message {n}", "label": "ab"[n % 2]} for n in range(12)]
    train.write_text(json.dumps(rows), encoding="utf-8")
    assert edgeft("init", "--train", train, "--out", out, "--yes", "--force").code == 0
    assert load_recipe(out).task == "text-classification"

    train.write_text(json.dumps(squad), encoding="utf-16")
    given = ("init", "--train", train, "--out", out, "--yes", "--force")
    assert edgeft(*given).code == 1
    assert edgeft(*given, "--encoding", "utf-16").code == 0
    assert load_recipe(out).task == "question-answering"


def test_init_tells_of_texts_that_the_base_cannot_read(
    edgeft, mails, write_csv, tmp_path, make_tiny_base
):
    base = make_tiny_base("bert")
    rows = [(f"房间很好{n}", "好评") if n % 2 else (f"房间很脏{n}", "差评") for n in range(20)]
    chinese = write_csv("reviews.csv", rows)
    arguments = ("--base", base, "--yes", "--out")
    told = edgeft("init", "--train", chinese, *arguments, tmp_path / "one.yaml")
    assert f"are unknown to {base}: it was made for another language or script" in told.err
    assert "unknown" not in edgeft("init", "--train", mails, *arguments, tmp_path / "two.yaml").err


def test_init_without_a_terminal_says_what_it_chose(edgeft, mails, tmp_path):
    done = edgeft("init", "--train", mails, "--label", "topic", "--out", tmp_path / "recipe.yaml")

    assert done.code == 0
    assert done.err.splitlines()[-1] == (
        f"chosen without asking: --text body, --base {default_base()}, validation split off,"
        " test split off"
    )


def test_init_takes_flags_before_guesses(edgeft, mails, tmp_path):
    out = tmp_path / "recipe.yaml"
    done = edgeft(
        "init", "--train", mails, "--text", "topic", "--label", "id", "--test", mails,
        "--validation", "org/rows", "--base", "org/name", "--out", out, "--yes",
    )  # fmt: skip

    assert done.code == 0
    assert "without asking" not in done.err
    recipe = load_recipe(out)
    assert recipe.base == "org/name"
    assert (recipe.data.columns.text, recipe.data.columns.label) == ("topic", "id")
    assert (recipe.data.validation, recipe.data.test) == ("org/rows", str(mails))


def test_init_asks_what_flags_leave_open(edgeft, mails, tmp_path, monkeypatch):
    out = tmp_path / "recipe.yaml"
    replies = iter([str(mails), "", "", "org/name", "", str(mails)])
    asked = []

    def reply(question, default=None, err=False):
        asked.append((question, default))
        return next(replies) or default

    monkeypatch.setattr("typer.prompt", reply)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert edgeft("init", "--out", out).code == 0
    assert asked == [
        ("Training texts (file, folder, hub id or sample name)", None),
        ("Column of the text", "body"),
        ("Column of the label", "topic"),
        ("Pretrained model", default_base()),
        ("Validation texts (empty: split off)", ""),
        ("Test texts (empty: split off)", ""),
    ]
    recipe = load_recipe(out)
    assert (recipe.base, recipe.data.test, recipe.data.validation) == ("org/name", str(mails), None)


def test_init_knows_sample_names(edgeft, tmp_path):
    out = tmp_path / "recipe.yaml"
    assert edgeft("init", "--train", "bbc-news", "--out", out, "--yes").code == 0
    assert load_recipe(out).data.train == "bbc-news"
    assert "texts of 5 labels" in out.read_text(encoding="utf-8")


def test_init_of_a_hub_id_looks_at_nothing(edgeft, tmp_path):
    out = tmp_path / "recipe.yaml"
    assert edgeft("init", "--train", "PolyAI/banking77", "--out", out, "--yes").code == 0
    assert load_recipe(out).data.train == "PolyAI/banking77"


def test_init_asks_for_the_column_of_the_second_text(edgeft, tmp_path):
    train = tmp_path / "train.csv"
    rows = ["a text,a second,yes", "no text,another,no"] * 9
    train.write_text("\n".join(["one,other,label", *rows]))
    given = ["init", "--task", "pair-classification", "--train", train, "--yes"]
    refused = edgeft(*given, "--out", tmp_path / "recipe.yaml")
    assert refused.last_two == [
        f"error: {train} has no column 'pair'",
        "hint: known: label, one, other; name that of the second text: --pair COLUMN",
    ]
    done = edgeft(*given, "--pair", "other", "--out", tmp_path / "recipe.yaml")
    assert (done.code, load_recipe(tmp_path / "recipe.yaml").data.columns.pair) == (0, "other")


def test_init_says_what_a_run_would_stop_at_or_learn_otherwise(edgeft, tmp_path):
    train, out = tmp_path / "train.jsonl", tmp_path / "recipe.yaml"
    cells = ["card", "cash", "card|cash", None, "", "None"]
    rows = [{"text": f"what is number {n}", "label": cells[n % 6]} for n in range(60)]
    train.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = ["init", "--train", train, "--out", out, "--yes", "--task", "text-classification"]
    done = edgeft(*asked)
    assert "60 texts, 4 labels" in done.err
    assert "note: the label 'card|cash' looks like several" in done.err
    others = "(and 19 further rows cannot be used)"
    stops = "a run stops there, unless `skip_bad_rows: true` of `data` leaves such rows out"
    assert f"note: {train}, line 4: the label is empty {others}: {stops}" in done.err
    held = [["a"], ["a", "b"], ["b"]]
    lists = [row | {"label": held[number % 3]} for number, row in enumerate(rows)]
    (tmp_path / "lists.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lists))
    of_lists = ["--train", tmp_path / "lists.jsonl", "--out", tmp_path / "lists.yaml", "--yes"]
    taken = edgeft("init", *of_lists)
    assert (
        "note: a label such as 'a|b' is taken for several; if it is one, --task text-" in taken.err
    )
    assert "chosen without asking: --task multi-label-classification" in taken.err
    assert load_recipe(tmp_path / "lists.yaml").task == "multi-label-classification"
    several = ["--task", "multi-label-classification", "--force"]
    again = edgeft("init", "--train", train, "--out", out, "--yes", *several)
    assert "60 texts, 3 labels" in again.err  # None is a name where it is written
    assert "for several" not in again.err and "have no label" not in again.err


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--yes"], "no training texts are named", "add --train DATA"),
        (["--train", "none.csv"], "no file, folder or sample 'none.csv'", "check the path"),
        (["--train", "bbc-newz"], "no file, folder or sample 'bbc-newz'", "check the path"),
    ],
)
def test_init_without_data_says_so(edgeft, tmp_path, arguments, message, hint):
    done = edgeft("init", "--out", tmp_path / "recipe.yaml", *arguments)

    assert (done.code, done.last_two) == (1, [f"error: {message}", f"hint: {hint}"])
    assert list(tmp_path.iterdir()) == []


def test_init_takes_the_first_line_that_is_not_blank_for_the_header(edgeft, tmp_path):
    train, out = tmp_path / "train.csv", tmp_path / "recipe.yaml"
    train.write_text("\n\ntext,label\n" + "where is my card,card\nthank you,no\n" * 20)
    done = edgeft("init", "--train", train, "--out", out, "--yes")
    assert done.code == 0, done.err
    assert load_recipe(out).data.columns.label == "label"


def test_init_names_a_column_that_is_not_there(edgeft, mails, tmp_path):
    done = edgeft("init", "--train", mails, "--label", "topics", "--out", tmp_path / "r.yaml")

    assert (done.code, done.last_two) == (
        1,
        [f"error: {mails} has no column 'topics'", "hint: did you mean 'topic'?"],
    )


def test_init_says_where_no_column_looks_like_a_label(edgeft, write_csv, tmp_path):
    path = write_csv("ids.csv", [(f"text {n}", str(n)) for n in range(30)], ("text", "id"))
    done = edgeft("init", "--train", path, "--out", tmp_path / "r.yaml")

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {path}: no column looks like the label",
            "hint: add --label COLUMN, and --task regression for numbers, or --task TASK where"
            " texts have none; it has: text, id",
        ],
    )


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("texts.txt", "{}: a .txt file has texts only, no labels"),
        ("texts.docx", "{}: cannot read .docx"),
        ("texts.jsonl", "{}: Expecting value: line 1 column 1 (char 0)"),
        ("texts.csv", "{} is empty"),
    ],
)
def test_init_of_a_file_that_has_no_labels(edgeft, tmp_path, name, error):
    path = tmp_path / name
    path.write_text("" if name == "texts.csv" else "a text\n")
    done = edgeft("init", "--train", path, "--out", tmp_path / "r.yaml")

    assert (done.code, done.last_two[0]) == (1, f"error: {error.format(path)}")
    assert not (tmp_path / "r.yaml").exists()


def test_init_does_not_overwrite_a_recipe(edgeft, mails, tmp_path):
    out = tmp_path / "recipe.yaml"
    out.write_text("mine")
    done = edgeft("init", "--train", mails, "--out", out, "--yes")

    assert (done.code, done.last_two) == (
        1,
        [f"error: {out} exists already", "hint: name another, or add --force"],
    )
    assert out.read_text() == "mine"
    assert edgeft("init", "--train", mails, "--out", out, "--yes", "--force").code == 0


def test_init_says_where_the_directory_of_out_is_missing(edgeft, mails, tmp_path):
    done = edgeft("init", "--train", mails, "--out", tmp_path / "none" / "r.yaml", "--yes")

    assert (done.code, done.last_two) == (
        1,
        [f"error: no directory {tmp_path / 'none'}", "hint: make it, or name another"],
    )


def test_names_of_labels_in_the_place_of_labelled_texts(
    edgeft, mails, tmp_path, make_tiny_base, write_csv
):
    names, pool, out = tmp_path / "labels.txt", tmp_path / "pool.txt", tmp_path / "recipe.yaml"
    names.write_text("ask\tasks where something is\nno\n")
    pool.write_text("".join(f"where is parcel {number}\n" for number in range(50)))
    given = ["--unlabelled", pool, "--validation", mails, "--base", make_tiny_base("bert")]
    done = edgeft("init", "--labels", names, *given, "--out", out, "--yes")
    assert done.code == 0, done.err
    assert done.err.splitlines()[0] == f"{pool}: 50 texts, 2 labels, a long text has 4 words"
    recipe = load_recipe(out)
    assert recipe.data.train is None
    assert (recipe.data.labels, recipe.data.unlabelled) == (str(names), str(pool))
    assert recipe.data.columns.text == "body"
    assert [step.method for step in recipe.steps] == ["self-training", "auto", "onnx", "dynamic"]
    assert recipe.steps[0].options == {"finetuner": "names"}
    planned = edgeft("plan", out, "--out", tmp_path / "run")
    assert planned.code == 0, planned.err

    done = edgeft("init", "--labels", "ask, no", *given, "--out", out, "--yes", "--force")
    assert done.code == 0, done.err
    assert load_recipe(out).data.labels == ["ask", "no"]


def test_names_of_labels_alone_are_not_enough(edgeft, mails, tmp_path):
    out = tmp_path / "recipe.yaml"
    done = edgeft("init", "--labels", "ask,no", "--validation", mails, "--out", out, "--yes")
    assert done.code == 1
    assert done.last_two == [
        "error: names of labels are learnt from texts without labels, and judged by some with"
        " labels",
        "hint: add --unlabelled TEXTS --validation DATA",
    ]
    both = edgeft("init", "--labels", "ask,no", "--train", mails, "--out", out, "--yes")
    assert both.code == 2
    assert "--labels are for where there is no --train" in both.err
    assert not out.exists()


def test_a_parquet_file_that_is_cut_off_is_told(edgeft, tmp_path):
    path = tmp_path / "cut.parquet"
    path.write_bytes(b"PAR1 and no more")
    done = edgeft("init", "--train", path, "--yes", "--out", tmp_path / "recipe.yaml")
    assert done.code == 1
    assert done.last_two[0].startswith(f"error: {path} is not a Parquet file: ")
