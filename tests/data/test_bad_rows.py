"""Rows that cannot be used: the first is named and the others counted, or all are left out."""

from pathlib import Path

import pytest

from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.errors import DataError
from edgeft.steps import Context
from edgeft.tasks.regression import Regression, TextSimilarity
from edgeft.tasks.text_classification import PairClassification

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
    assert caught.value.hint.endswith("to leave such rows out: --skip-bad-rows")
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


def test_a_folder_cannot_hold_pairs(tmp_path: Path) -> None:
    (tmp_path / "texts" / "a").mkdir(parents=True)
    context = Context(out=tmp_path / "data", task=PairClassification())
    with pytest.raises(DataError, match="cannot hold what pair-classification reads"):
        prepare(
            DataSource(train=str(tmp_path / "texts")),
            PairClassification(),
            context,
            find=lambda name: None,
        )
