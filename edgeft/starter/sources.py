"""A first look at what somebody's data is: a table, a file of one task, a folder, or on the hub."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeft.data.records import FORMATS, reading
from edgeft.data.texts import read_texts
from edgeft.errors import DataError
from edgeft.registry import Registry
from edgeft.starter.checking import is_place
from edgeft.starter.doubting import USUAL
from edgeft.starter.looking import Look, look, look_at_parts, look_at_pool, look_at_usual
from edgeft.starter.recognizing import first_rows
from edgeft.tasks import Task

BEGINNING = 64
"""characters of a JSON file that tell what it holds"""
PAIR = "pair"
"""the column of the second text where nobody names one"""


def rows_in(train: str | None, encoding: str) -> list[dict[str, Any]]:
    """The first rows of a table on this machine; none of anything else, or of a broken one."""
    path = Path(train or "").expanduser()
    if not path.is_file() or path.suffix.lower() not in {*FORMATS, ".parquet"} - {".txt"}:
        return []
    try:
        return first_rows(path, encoding) if is_table(path, encoding) else []
    except DataError:  # which the look at it will tell
        return []


def task_of(train: str | None, registry: Registry, encoding: str) -> str:
    """The task that alone reads such a file, where that is no table of texts; else the usual."""
    path = Path(train or "").expanduser()
    if not is_table(path, encoding):
        suffix = path.suffix.lower()
        readers = [name for name in registry.tasks if registry.task(name).reader_of(suffix)]
        if len(readers) == 1:
            return readers[0]
    return USUAL


def is_table(path: Path, encoding: str) -> bool:
    """Whether a source is rows with columns, as far as can be told: not an object, as SQuAD has."""
    suffix = path.suffix.lower()
    if suffix == ".json" and path.is_file():
        with reading(path, encoding) as file:
            return not file.read(BEGINNING).lstrip().startswith("{")
    return not suffix or suffix in (*FORMATS, ".parquet")


def pool(unlabelled: str, column: str, encoding: str) -> Iterator[str]:
    """The texts that have no labels, where they are a file of this machine; else none."""
    path = Path(unlabelled).expanduser()
    if path.is_file():
        yield from read_texts(path, column or "text", encoding)


def look_at(
    train: str, text: str, label: str, registry: Registry, task: Task, pair: str, encoding: str
) -> Look:
    """A first look at a source; an empty one where it lies on the hub.

    `text`, `label` and `pair` are columns that are known already, empty where they are not.
    """
    path = Path(train).expanduser()
    found = path if path.exists() else registry.dataset_source(train)
    if found is None:
        if is_place(train):
            raise DataError(f"no file, folder or sample {train!r}", hint="check the path")
        return Look()
    if "label" in task.optional or not task.labelled:
        if found.is_dir():
            return Look()
        if found.suffix.lower() == ".txt":
            return look_at_pool(read_texts(found, encoding=encoding), Look(), 0)
    refusal = None
    if not (found.is_dir() or text or label) and (reader := task.reader_of(found.suffix.lower())):
        try:
            return look_at_parts(found, reader, task.columns, encoding)
        except DataError as error:  # may be read as any file is
            refusal = error
    try:
        if not (found.is_dir() or text or label or pair not in ("", PAIR)) and task.usual:
            labelled = task.answer == "label"
            usual = look_at_usual(found, task.usual, encoding, labelled=labelled)
            if usual is not None:
                return usual
        return look(found, text, label, (pair, *task.further), encoding)
    except DataError as error:
        raise (refusal or error) from error
