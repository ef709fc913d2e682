"""Where texts come from: a file, a folder per label, a hub dataset, a plugin's sample, or names."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import datasets

from edgeft.artifacts import sha256
from edgeft.data import DataSource, no_negatives
from edgeft.data.files import FileSource
from edgeft.data.folders import label_folders, text_files
from edgeft.data.names import called
from edgeft.data.records import Bad, Row, Wanted, reading
from edgeft.data.tables import BATCH, batch_rows, class_names, require
from edgeft.errors import DataError, first_line
from edgeft.tasks import Task

HUB_ID = re.compile(
    r"(?P<name>[\w.-]+/[\w.-]+)(:(?P<config>[\w.-]+))?(@(?P<revision>[\w./-]+))?(#(?P<split>\w+))?"
)


class Source(Protocol):
    """Rows of a text and its label, whatever they are stored in."""

    @property
    def roles(self) -> tuple[str, ...]:
        """What the values of a row are, in their order: text, pair, label, weight."""

    def rows(self, bad: Bad | None = None) -> Iterator[Row]:
        """Yield a number and the values of a row, one for each role.

        `bad` is told of rows that lack one, the first of which is an error otherwise.
        """

    def place(self, number: int) -> str:
        """Where the row of that number stands, for a person."""

    def digest(self) -> str:
        """A hash that changes when the rows do."""


@dataclass(frozen=True)
class FolderSource:
    """A folder with a sub-folder a label, or (unlabelled) a folder; a file is a text."""

    path: Path
    labelled: bool
    encoding: str

    def __str__(self) -> str:
        return str(self.path)

    @property
    def roles(self) -> tuple[str, ...]:
        return ("text", "label") if self.labelled else ("text",)

    @cached_property
    def files(self) -> list[Path]:
        """The text files, sorted; raises DataError where there are none."""
        folders = label_folders(self.path) if self.labelled else [self.path]
        files = [file for folder in folders for file in text_files(folder)]
        if not files:
            what = "sub-folder of text files" if self.labelled else "text file"
            raise DataError(
                f"{self.path} has no {what}",
                hint="put every text into LABEL/NAME.txt" if self.labelled else "add .txt files",
            )
        return files

    def rows(self, bad: Bad | None = None) -> Iterator[Row]:
        for number, path in enumerate(self.files, start=1):
            with reading(path, self.encoding) as file:
                text = file.read().strip()
            yield number, (text, path.parent.name) if self.labelled else (text,)

    def place(self, number: int) -> str:
        return str(self.files[number - 1])

    def digest(self) -> str:
        total = hashlib.sha256()
        for path in self.files:
            total.update(f"{path.relative_to(self.path)} {sha256(path)}\n".encode())
        return total.hexdigest()


@dataclass(frozen=True)
class HubSource:
    """A dataset of the Hugging Face hub, or of its cache on this machine."""

    name: str
    config: str | None
    revision: str | None
    split: str
    columns: Wanted
    optional: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}#{self.split}"

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def rows(self, bad: Bad | None = None) -> Iterator[Row]:
        rows = self.loaded
        schema = rows.features.arrow_schema
        there = require(self.columns, schema, str(self), self.optional)
        batches = rows.select_columns(there).with_format("arrow").iter(BATCH)
        return batch_rows(batches, self.columns, class_names(schema))

    @cached_property
    def loaded(self) -> datasets.Dataset:
        """The split; raises DataError for one that cannot be had."""
        try:
            return datasets.load_dataset(
                self.name, self.config, split=self.split, revision=self.revision
            )
        except (OSError, ValueError) as error:
            reason = first_line(error)
            raise DataError(
                f"hub dataset {self} cannot be loaded: {reason}",
                hint="check its name and the network, or name a file",
            ) from error

    def place(self, number: int) -> str:
        return f"{self}, row {number}"

    def digest(self) -> str:
        return str(self.loaded._fingerprint)


@dataclass(frozen=True)
class NamesSource:
    """Labels of which no text is known: what each is called is its one text."""

    given: str | list[str] | dict[str, str]

    def __str__(self) -> str:
        return self.given if isinstance(self.given, str) else "labels"

    @property
    def roles(self) -> tuple[str, ...]:
        return ("text", "label")

    @cached_property
    def called(self) -> dict[str, str]:
        """What each label is called, by its name."""
        return called(self.given)

    def rows(self, bad: Bad | None = None) -> Iterator[Row]:
        for number, (label, name) in enumerate(self.called.items(), start=1):
            yield number, (name, label)

    def place(self, number: int) -> str:
        return f"{self}, label {list(self.called)[number - 1]!r}"

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.called).encode()).hexdigest()


def locate(
    value: str,
    role: str,
    source: DataSource,
    task: Task,
    find: Callable[[str], Path | None],
) -> Source:
    """The source that a recipe names for a role: train, validation, test, unlabelled or sources.

    A plugin's sample of that name comes before a file or folder, and that before a hub id.
    Raises DataError for a name that is none of these.
    """
    labelled = role != "unlabelled" and task.labelled
    columns = columns_of(source, role, task)
    optional = (*task.further, *task.optional)
    if (value == source.train or role == "sources") and not value.endswith((".json", ".jsonl")):
        # a column that is named stands there; held-out files may lack it, and objects the key
        optional = tuple(each for each in optional if each != "negative")
    split = "train" if role == "sources" else role
    sample = find(value)
    encoding = "utf-8" if sample else source.encoding
    found = sample or Path(value).expanduser()
    if found.is_dir():
        if "weight" in columns:
            raise DataError(
                f"{found} is a folder, which has no column {columns['weight']!r} of weights",
                hint="name a file with such a column, or leave `columns: {weight: ...}` out",
            )
        roles = tuple(role for role in columns if role not in task.further)
        of_labels = task.answer in ("label", "labels")
        if labelled and not (of_labels and roles == FolderSource(found, True, encoding).roles):
            raise DataError(
                f"{found} is a folder, which cannot hold what {task.name} reads",
                hint=f"name a file with the columns {', '.join(columns.values())}",
            )
        return FolderSource(found, labelled, encoding)
    reader = task.reader_of(found.suffix.lower(), labelled=labelled)
    if found.exists():
        return FileSource(found, columns, encoding, reader, optional)
    match = HUB_ID.fullmatch(value)
    if match and not looks_like_a_path(value) and not reader:
        return HubSource(
            match["name"],
            match["config"],
            match["revision"],
            match["split"] or split,
            columns,
            optional,
        )
    raise DataError(
        f"{role}: no file, folder or sample {value!r}",
        hint="check the path; a hub id is written OWNER/NAME",
    )


def columns_of(source: DataSource, role: str, task: Task) -> dict[str, str]:
    """The columns to read for a role, by what they hold: weights count in training alone."""
    named = source.columns
    found = {"text": named.text} | {role: role for role in task.further}
    if task.pairs:
        found["pair"] = named.pair
    if role == "unlabelled":
        return found
    if "pair" in task.columns:
        found["pair"] = named.pair
    if task.labelled and "label" in task.columns:
        found["label"] = named.label
    if named.negative is not None:
        if "negative" not in task.optional:
            raise no_negatives(task.name)
        found["negative"] = named.negative
    if role in ("train", "sources") and named.weight is not None:
        found["weight"] = named.weight
    return found


def looks_like_a_path(value: str) -> bool:
    """Whether somebody who writes this means a file or folder of this machine."""
    suffix = Path(value).suffix.lower()
    return value.startswith((".", "~", "/")) or suffix in (
        ".csv", ".tsv", ".jsonl", ".json", ".parquet", ".txt",
    )  # fmt: skip


def sources(
    source: DataSource, task: Task, find: Callable[[str], Path | None]
) -> dict[str, Source]:
    """Every source that a recipe names, by role; names of labels train where no text does."""
    named = {
        "train": source.train,
        "validation": source.validation,
        "test": source.test,
        "unlabelled": source.unlabelled,
    }
    found: dict[str, Source] = {} if source.labels is None else {"train": names(source, task)}
    return found | {
        role: locate(value, role, source, task, find) for role, value in named.items() if value
    }


def names(source: DataSource, task: Task) -> NamesSource:
    """The names of labels that a recipe has; raises DataError for a task that is about more."""
    if source.labels is None or task.answer != "label" or task.pairs or task.marks:
        raise DataError(
            f"{task.name} cannot learn from names of labels alone", hint="name texts as train"
        )
    found = NamesSource(source.labels)
    if len(found.called) < 2:
        raise DataError(f"{found}: a single label", hint="name two at least")
    return found
