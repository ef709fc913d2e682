"""`edgeft evaluate`: checkpoints and bundles, on datasets and on files."""

import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from every_task import row_of

from edgeft.artifacts import Dataset
from edgeft.data import Columns, DataSource
from edgeft.data.held_out import held_out
from edgeft.progress import Silence


@pytest.fixture
def test_file(tiny_dataset, write_csv):
    """The tiny dataset's test split as a user's own file."""
    rows = pq.read_table(tiny_dataset.split_file("test")).to_pylist()
    return write_csv("mine.csv", [(row["text"], row["label"]) for row in rows], ("said", "topic"))


def test_a_bundle_is_scored_on_the_held_out_split(edgeft, tiny_bundle, tiny_dataset):
    done = edgeft("evaluate", tiny_bundle.path, "--data", tiny_dataset.path)
    lines = done.out.splitlines()

    assert done.code == 0
    assert lines[0].startswith("accuracy ")
    assert lines[0].endswith(" on 30 test texts")
    assert "(95 % interval " in lines[0]
    assert {line.split()[0] for line in lines if line} >= {
        "macro_f1",
        "label",
        *tiny_dataset.labels,
    }
    assert "how often each label (row) was answered as which (column):" in lines


def test_a_file_is_scored_whole(edgeft, tiny_bundle, tiny_dataset, test_file):
    on_dataset = json.loads(
        edgeft("evaluate", tiny_bundle.path, "--data", tiny_dataset.path, "--json").out
    )
    on_file = json.loads(
        edgeft(
            "evaluate", tiny_bundle.path, "--data", test_file, "--text", "said",
            "--label", "topic", "--json",
        ).out
    )  # fmt: skip

    assert on_file == on_dataset
    assert on_file["n"] == 30


def test_another_split_can_be_named(edgeft, tiny_bundle, tiny_dataset):
    arguments = ("--data", tiny_dataset.path, "--split", "validation", "--json")
    assert json.loads(edgeft("evaluate", tiny_bundle.path, *arguments).out)["n"] == 30
    done = edgeft("evaluate", tiny_bundle.path, "--data", tiny_dataset.path, "--split", "dev")
    assert done.code == 1
    assert done.last_two[0] == f"error: {tiny_dataset.path} has no dev split"


def test_a_checkpoint_is_scored_through_torch(edgeft, tiny_checkpoint, tiny_dataset):
    found = json.loads(
        edgeft("evaluate", tiny_checkpoint.path, "--data", tiny_dataset.path, "--json").out
    )
    assert found["split"] == "test"
    assert found["labels"] == tiny_dataset.labels
    assert sum(map(sum, found["confusion"])) == found["n"]


def test_a_label_that_the_model_does_not_know(edgeft, tiny_bundle, write_csv):
    path = write_csv("other.csv", [("hello", "greeting"), ("my card", "card")])
    done = edgeft("evaluate", tiny_bundle.path, "--data", path)

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {tiny_bundle.path} does not know the label 'greeting' of the data",
            "hint: evaluate on the data it was trained for, or rename the label",
        ],
    )


def test_no_model_there(edgeft, tiny_dataset, tmp_path):
    done = edgeft("evaluate", tmp_path / "none", "--data", tiny_dataset.path)

    assert (done.code, done.last_two) == (
        1,
        [f"error: no checkpoint at {tmp_path / 'none'}", "hint: check the path"],
    )


def test_texts_that_do_not_belong_are_read_as_a_recipe_reads_them(
    edgeft, make_every_task, registry, tmp_path
):
    made = make_every_task("embeddings-from-pairs")
    path = tmp_path / "questions.jsonl"
    rows = [row_of(made.task, number) for number in range(12)]
    lines = [json.dumps(row | {"wrong": row["text"]}) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    source = DataSource(train=str(path), columns=Columns(negative="wrong"))
    task = registry.task(made.task)
    data = held_out(source, tmp_path / "data", task, find=lambda _: None, progress=Silence())

    def scored(*asked):
        done = edgeft("evaluate", made.bundle, "--json", "--data", *asked)
        assert done.code == 0, done.err
        return json.loads(done.out)

    named = scored(path, "--negative", "wrong")
    assert named == scored(data.path)
    assert named["metrics"]["mrr"] < scored(path)["metrics"]["mrr"]


def test_a_column_of_texts_that_do_not_belong_has_to_be_there(edgeft, make_every_task, tmp_path):
    made = make_every_task("embeddings-from-pairs")
    path = tmp_path / "questions.csv"
    path.write_text("text,pair\nwhere is it,there\nwho is it,nobody\n")
    done = edgeft("evaluate", made.bundle, "--data", path, "--negative", "wrogn")
    assert done.code == 1
    assert "has no column 'wrogn'" in done.err
    other = make_every_task("question-answering")
    done = edgeft("evaluate", other.bundle, "--data", path, "--negative", "pair")
    assert "learns from no texts that do not belong" in done.err


def test_a_step_alone_reads_texts_that_do_not_belong(edgeft, tmp_path):
    path = tmp_path / "questions.jsonl"
    rows = [row_of("embeddings-from-pairs", number) for number in range(12)]
    lines = [json.dumps(row | {"wrong": f"no {number}"}) for number, row in enumerate(rows)]
    path.write_text("\n".join(lines) + "\n")
    asked = ("--task", "embeddings-from-pairs", "--data", path, "--negative", "wrong")
    done = edgeft("augment", "delete", *asked, "--out", tmp_path / "more")
    assert done.code == 0, done.err
    data = Dataset.open(tmp_path / "more.data")
    assert sum(data.manifest.rows.values()) == 3 * len(rows)


def test_rows_that_are_left_out_are_told(edgeft, make_every_task, tmp_path):
    made = make_every_task("question-answering")
    path = tmp_path / "questions.jsonl"
    rows = [row_of(made.task, number) for number in range(6)]
    rows[2]["label"] = rows[4]["label"] = "nowhere to be found"
    rows[5]["text"] = " "
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    done = edgeft("evaluate", made.bundle, "--data", path, "--skip-bad-rows")

    assert done.code == 0, done.err
    assert "1 row of test has an empty text and is left out" in done.err
    told = "2 rows of test cannot be used and are left out, the first: "
    assert f"{told}{path}, line 3: " in done.err


def test_a_checkpoint_without_validation_texts_says_that_nothing_was_tuned(
    edgeft, make_every_task, tmp_path
):
    made = make_every_task("token-classification")
    path = tmp_path / "named.jsonl"
    rows = [row_of(made.task, number) for number in range(6)]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    said = [edgeft("evaluate", each, "--data", path).err for each in (made.checkpoint, made.bundle)]
    assert ["no validation texts" in each for each in said] == [True, False]


@pytest.mark.parametrize("command", ["evaluate", "suggest"])
def test_a_bundle_is_asked_without_torch(command, tiny_bundle, tiny_dataset, write_csv):
    """Importing it takes several times as long as the answers do."""
    flags = {
        "evaluate": ["--data", str(tiny_dataset.path)],
        "suggest": [
            "--file",
            str(write_csv("texts.csv", [("where is my card", "")])),
            "--count",
            "1",
        ],
    }
    arguments = [command, str(tiny_bundle.path), *flags[command]]
    program = (
        "import sys; from edgeft.cli import main;"
        f" code = main({arguments!r});"
        " sys.exit(code or ', '.join({'torch', 'transformers'} & {*sys.modules}) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
