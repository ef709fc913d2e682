"""Names of labels in the place of labelled texts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from edgeft.artifacts import Dataset
from edgeft.data import DataSource
from edgeft.data.names import called, handed_on
from edgeft.data.rows import open_split
from edgeft.data.sources import names
from edgeft.errors import DataError
from edgeft.tasks.multi_label import MultiLabel
from edgeft.tasks.text_classification import TextClassification
from edgeft.training.left_out import fold_of

Prepare = Callable[..., Dataset]
Complaint = Callable[..., tuple[str, str]]
TASK = TextClassification()


@pytest.fixture
def held_out(tmp_path: Path) -> str:
    path = tmp_path / "few.csv"
    path.write_text("text,label\nit never came,card_arrival\nwhat does it cost,B7\n")
    return str(path)


@pytest.fixture
def pool(tmp_path: Path) -> str:
    path = tmp_path / "pool.txt"
    path.write_text("where is it\nhow much is that\nit never came\n")
    return str(path)


@pytest.mark.parametrize(
    "given",
    [
        ["card_arrival", "B7"],
        {"card_arrival": "", "B7": "B7"},
        "card_arrival\n\nB7\n",
    ],
)
def test_a_name_is_read_as_words(given, tmp_path: Path) -> None:
    if isinstance(given, str):
        path = tmp_path / "labels.txt"
        path.write_text(given)
        given = str(path)
    assert called(given) == {"card_arrival": "card arrival", "B7": "B7"}


def test_what_a_label_is_called_may_be_said(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("card_arrival\nB7\tthe exchange rate\n")
    wanted = {"card_arrival": "card arrival", "B7": "the exchange rate"}
    assert called(str(path)) == wanted
    assert called({"card_arrival": "", "B7": "the exchange rate"}) == wanted


def test_names_train_where_no_text_has_a_label(
    held_out: str, pool: str, prepare_data: Prepare
) -> None:
    given = {"B7": "the exchange rate", "card_arrival": ""}
    data = prepare_data({"labels": given, "validation": held_out, "unlabelled": pool})
    rows = open_split(data, "train")
    assert rows["text"][:] == ["the exchange rate", "card arrival"]
    assert rows["label"][:] == ["B7", "card_arrival"]
    assert data.labels == ["B7", "card_arrival"]
    assert data.manifest.rows == {"train": 2, "validation": 2, "unlabelled": 2}
    assert data.manifest.summary["called"] == {
        "B7": "the exchange rate",
        "card_arrival": "card arrival",
    }


def test_what_labels_are_called_is_handed_on_and_counts_are_not(
    held_out: str, pool: str, prepare_data: Prepare, tmp_path: Path
) -> None:
    given = {"B7": "the exchange rate", "card_arrival": ""}
    data = prepare_data({"labels": given, "validation": held_out, "unlabelled": pool})
    rows, validation = (open_split(data, split) for split in ("train", "validation"))
    made = fold_of(data, rows, np.arange(1), validation, tmp_path / "fold")
    assert made.manifest.summary == {"called": data.manifest.summary["called"]}
    assert handed_on({"labels": 2, "notes": []}) == {}


def test_another_name_is_another_source(held_out: str) -> None:
    digests = {
        names(DataSource(labels=given, validation=held_out), TASK).digest()
        for given in (["a", "b"], {"a": "", "b": ""}, {"a": "", "b": "c"})
    }
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("labels", "error", "hint"),
    [
        (["a", "b", "a"], "labels: label 'a' stands twice", "remove one"),
        (["a", " "], "labels: a label without a name", "remove it"),
        (["a"], "labels: a single label", "name two at least"),
    ],
)
def test_names_that_cannot_be_labels(
    labels: list[str], error: str, hint: str, held_out: str, complaint: Complaint
) -> None:
    assert complaint({"labels": labels, "validation": held_out}) == (error, hint)


def test_a_text_of_a_label_that_is_not_named(held_out: str, complaint: Complaint) -> None:
    assert complaint({"labels": ["card_arrival", "B77"], "validation": held_out}) == (
        "few.csv, line 3: label 'B7' of validation is not in train",
        "did you mean 'B77'?",
    )


def test_a_file_of_names_that_is_not_there(held_out: str, complaint: Complaint) -> None:
    found = complaint({"labels": "none.txt", "validation": held_out})
    assert found == ("no file at none.txt", "check the path")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ({}, "neither train nor labels is given"),
        ({"train": "a.csv", "labels": ["a", "b"]}, "leave out one of train and labels"),
        ({"labels": ["a", "b"]}, "name some labelled texts as validation"),
        (
            {"labels": ["a", "b"], "validation": "b.csv", "test_size": 0.1},
            "no test texts can be taken from names",
        ),
    ],
)
def test_sources_that_say_too_little_or_too_much(source: dict[str, object], error: str) -> None:
    with pytest.raises(ValidationError, match=error):
        DataSource.model_validate(source)


def test_a_task_that_is_about_more_than_one_label() -> None:
    source = DataSource(labels=["a", "b"], validation="b.csv")
    with pytest.raises(DataError, match="cannot learn from names of labels alone"):
        names(source, MultiLabel())
