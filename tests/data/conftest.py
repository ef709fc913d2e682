"""Fixtures for the tests of the data room: write a source, prepare it, read what went wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.errors import DataError
from edgeft.progress import Silence
from edgeft.tasks.text_classification import TextClassification

Prepare = Callable[..., Dataset]


class Listener(Silence):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture
def prepare_data(tmp_path: Path) -> Prepare:
    """Prepare a data source in tmp_path/data; keywords of a Context go to it."""

    def run(source: dict[str, Any], *, find: Any = lambda name: None, **context: Any) -> Dataset:
        task = TextClassification()
        given = {"out": tmp_path / "data", "task": task, **context}
        return prepare(DataSource(**source), task, Context(**given), find=find)

    return run


@pytest.fixture
def complaint(prepare_data: Prepare, tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """The two lines that a bad data source leads to, paths below tmp_path made relative."""

    def lines(source: dict[str, Any], **context: Any) -> tuple[str, str]:
        with pytest.raises(DataError) as caught:
            prepare_data(source, **context)
        assert not (tmp_path / "data").exists()
        assert not list(tmp_path.glob(".data*"))
        here = f"{tmp_path}/"
        return caught.value.message.replace(here, ""), caught.value.hint.replace(here, "")

    return lines


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A csv file of 60 questions under 3 labels, no two near-identical."""
    topics = {"card": "lost stolen broken expired", "cash": "paid drawn counted spent"}
    topics["loan"] = "granted refused extended repaid"
    adverbs = ["today", "yesterday", "abroad", "at night", "by my brother"]
    path = tmp_path / "questions.csv"
    lines = [
        f"how was the {label} {verb} {adverb},{label}"
        for label, verbs in topics.items()
        for verb in verbs.split()
        for adverb in adverbs
    ]
    path.write_text("\n".join(["text,label", *lines]) + "\n")
    return path
