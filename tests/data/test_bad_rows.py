"""Rows that cannot be used: the first is named and the others counted, or all are left out."""

import json
from pathlib import Path

import pytest

from edgeft.context import Context
from edgeft.data import Columns, DataSource
from edgeft.data.checking import LEAVING_OUT
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.errors import DataError
from edgeft.pipeline.fingerprints import source_content
from edgeft.tasks import Task
from edgeft.tasks.regression import Regression, TextSimilarity
from edgeft.tasks.text_classification import PairClassification
from edgeft.tasks.token_classification import TokenClassification

GOOD = [f"text number {place},second text {place},{place % 3}" for place in range(30)]


def written(path: Path, *bad: str) -> str:
    path.write_text("\n".join(["text,pair,label", *GOOD, *bad]) + "\n")
    return str(path)


def test_the_first_is_named_and_the_others_are_counted(tmp_path: Path) -> None:
    train = written(tmp_path / "t.csv", "a,b,many", "c,d,3", "e,f,none", "g,h,")
    context = Context(out=tmp_path / "data", task=Regression())
    with pytest.raises(DataError) as caught:
        prepare(DataSource(train=train), Regression(), context, find=lambda name: None)
    assert caught.value.message == (
        f"{train}, line 32: the score is 'many', not a number (and 2 further rows cannot be used)"
    )
    assert caught.value.hint.endswith("a recipe `data: {skip_bad_rows: true}`")
    assert not (tmp_path / "data").exists()


def test_they_are_left_out_and_listed_where_that_is_asked_for(tmp_path: Path, listener) -> None:
    train = written(tmp_path / "t.csv", "a,b,many", "c,d,3", "e,f,none")
    source = DataSource(train=train, skip_bad_rows=True)
    context = Context(out=tmp_path / "data", task=Regression(), progress=listener)
    made = prepare(source, Regression(), context, find=lambda name: None)
    assert sum(made.manifest.rows.values()) == 31
    skipped = made.manifest.summary["skipped"]["train"]
    assert skipped["rows"] == 2
    assert skipped["first"][1] == f"{train}, line 34: the score is 'none', not a number"
    assert any("2 rows of train cannot be used and are left out" in note for note in listener.notes)
    listed = (made.path / "skipped.txt").read_text(encoding="utf-8").splitlines()
    assert listed == skipped["first"]
    made.verify()


def test_a_text_longer_than_a_book_is_named(tmp_path: Path) -> None:
    train = written(tmp_path / "t.csv", f"{'word ' * 200_000}s,b,1")
    context = Context(out=tmp_path / "data", task=PairClassification())
    with pytest.raises(DataError, match="line 32: a text of 1,000,001 characters") as caught:
        prepare(DataSource(train=train), PairClassification(), context, find=lambda name: None)
    assert "a quotation mark before it" in caught.value.hint
    assert caught.value.hint.endswith(LEAVING_OUT)


@pytest.mark.parametrize("task", [PairClassification(), TextSimilarity()])
def test_a_row_without_its_second_text_is_named(task, tmp_path: Path) -> None:
    train = written(tmp_path / "t.csv", "alone,,1")
    context = Context(out=tmp_path / "data", task=task)
    with pytest.raises(DataError, match="line 32: the second text is empty"):
        prepare(DataSource(train=train), task, context, find=lambda name: None)


def test_both_texts_of_a_pair_are_kept_and_make_it_a_duplicate(tmp_path: Path) -> None:
    train = written(tmp_path / "t.csv", "text number 0,another second text,1", GOOD[3])
    context = Context(out=tmp_path / "data", task=PairClassification())
    made = prepare(DataSource(train=train), PairClassification(), context, find=lambda name: None)
    rows = open_split(made, "train")
    assert all(text and pair for text, pair in zip(rows["text"], rows["pair"], strict=True))
    exact = {
        split: each["duplicates"]["exact"]
        for split, each in made.manifest.summary["splits"].items()
    }
    assert sum(exact.values()) == 1
    assert made.manifest.labels == ["0", "1", "2"]


def test_a_missing_column_of_second_texts_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text,label\na,1\n")
    context = Context(out=tmp_path / "data", task=PairClassification())
    with pytest.raises(DataError) as caught:
        prepare(DataSource(train=str(path)), PairClassification(), context, find=lambda name: None)
    assert caught.value.message == f"{path} has no column 'pair'"
    assert "--pair COLUMN" in caught.value.hint


@pytest.mark.parametrize("task", [PairClassification(), TokenClassification(), Regression()])
def test_a_folder_holds_labels_of_single_texts_alone(tmp_path: Path, task: Task) -> None:
    (tmp_path / "texts" / "a").mkdir(parents=True)
    context = Context(out=tmp_path / "data", task=task)
    with pytest.raises(DataError, match=f"cannot hold what {task.name} reads"):
        prepare(DataSource(train=str(tmp_path / "texts")), task, context, find=lambda name: None)


@pytest.fixture
def ragged(tmp_path: Path):
    """30 rows of JSON, lines or an array, and two that lack a key among them."""

    def write(name: str) -> str:
        rows = [{"text": f"number {n}", "pair": f"and {n}", "label": n} for n in range(30)]
        rows[0].pop("label")
        rows[9].pop("pair")
        path = tmp_path / name
        lines = "\n".join(map(json.dumps, rows))
        path.write_text(lines if path.suffix == ".jsonl" else json.dumps(rows))
        return str(path)

    return write


@pytest.mark.parametrize(("name", "unit"), [("t.jsonl", "line"), ("t.json", "row")])
def test_rows_of_json_that_lack_a_key_are_bad_rows(ragged, name, unit, tmp_path: Path) -> None:
    train = ragged(name)
    context = Context(out=tmp_path / "data", task=TextSimilarity())
    with pytest.raises(DataError) as caught:
        prepare(DataSource(train=train), TextSimilarity(), context, find=lambda name: None)
    assert caught.value.message == (
        f"{train}, {unit} 1: the row has no column 'label' (and 1 further row cannot be used)"
    )
    source = DataSource(train=train, skip_bad_rows=True)
    made = prepare(source, TextSimilarity(), context, find=lambda name: None)
    assert sum(made.manifest.rows.values()) == 28
    assert made.manifest.summary["skipped"]["train"] == {
        "rows": 2,
        "first": [
            f"{train}, {unit} 1: the row has no column 'label'",
            f"{train}, {unit} 10: the row has no column 'pair'",
        ],
    }


def test_a_key_that_no_row_has_is_named_though_bad_rows_are_left_out(ragged, tmp_path) -> None:
    columns = Columns(label="score")
    source = DataSource(train=ragged("t.jsonl"), columns=columns, skip_bad_rows=True)
    context = Context(out=tmp_path / "data", task=TextSimilarity())
    with pytest.raises(DataError, match="line 1: the row has no column 'score'") as caught:
        prepare(source, TextSimilarity(), context, find=lambda name: None)
    assert "--label COLUMN" in caught.value.hint


def test_a_plan_looks_beyond_rows_that_are_to_be_left_out(ragged, registry) -> None:
    def planned(**changes):
        given = DataSource(train=ragged("t.jsonl"), **changes)
        return source_content(given.train, "train", given, TextSimilarity(), registry)

    assert planned(skip_bad_rows=True)
    for refused in ({}, {"skip_bad_rows": True, "columns": Columns(label="score")}):
        with pytest.raises(DataError, match="line 1: the row has no column"):
            planned(**refused)


def test_what_was_left_out_is_told_where_too_little_is_left(tmp_path: Path) -> None:
    def error_of(*rows: str) -> DataError:
        train = tmp_path / "few.csv"
        train.write_text("text,pair,label\n" + "\n".join(rows) + "\n")
        source = DataSource(train=str(train), skip_bad_rows=True)
        context = Context(out=tmp_path / "data", task=Regression())
        with pytest.raises(DataError) as caught:
            prepare(source, Regression(), context, find=lambda name: None)
        return caught.value

    found = error_of("a,b,many", "c,d,3", "e,f,none")
    assert "2 rows of train cannot be used and are left out, the first: " in found.hint
    assert "line 2: the score is 'many', not a number" in found.hint
    found = error_of("a,b,many", "e,f,none")
    assert found.message.endswith(", not a number (and 1 further row cannot be used)")
    assert found.hint.endswith("; no row is left without those that cannot be used")
