"""A first look at somebody's data: its columns, its labels, and how long its texts are.

Reads rows with the standard library; only a Parquet file needs more.
"""

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

from edgeft.data.folders import label_folders, text_files
from edgeft.data.records import Row, delimiter_of, first_line, place, read_columns, reading, usable
from edgeft.errors import DataError

if TYPE_CHECKING:
    from edgeft.tasks import FileReader

LOOKED_AT = 2000
"""rows, from all over the data, that are looked at to guess columns and lengths; all are counted"""
FILES = 200
"""files of a folder, a text each, that are looked at"""
LABEL_SHARE = 0.5
"""a column with more different values than this share of its rows is no label"""
SENTENCE = 3
"""words, on average, from which on a column holds more than names"""

T = TypeVar("T")


@dataclass(frozen=True)
class Look:
    """What a first look at a data source found; empty where it cannot be looked into."""

    rows: int = 0
    columns: list[str] = field(default_factory=list)
    text: str = ""
    """the column that looks like the text"""
    label: str = ""
    """the column that looks like the label"""
    labels: int = 0
    """0 where answers are no labels"""
    several: str = ""
    """a cell that looks like several labels; empty where there is none"""
    words: int = 0
    """words of a long text, or of two that are read together: the 95th percentile"""
    pair: str = ""
    """the column that looks like the second text"""
    texts: list[str] = field(default_factory=list, compare=False)
    """some of them"""
    unread: str = ""
    """a column of texts beside the text; empty where there is none"""
    flags: list[str] = field(default_factory=list)
    """columns that hold 0 and 1 alone, where the label does, too"""
    cells: list[str] = field(default_factory=list, compare=False)
    """the different cells of the label, as text"""


def look_at_parts(
    source: Path, reader: "FileReader", columns: Sequence[str], encoding: str = "utf-8"
) -> Look:
    """Look at a file that its task alone reads, whose columns have no names of their own."""
    with reading(source, encoding) as file:
        rows = usable(reader(file, {role: role for role in columns}), partial(place, source))
        try:
            counted, some = some_of(values for _, values in rows)
        except DataError as error:
            told = error.message if str(source) in error.message else f"{source}: {error.message}"
            raise DataError(told, hint=error.hint) from error
    texts = [" ".join(map(in_one, row[: len(columns) - 1])) for row in some]
    return Look(rows=counted, words=long_text(texts), texts=texts)


def in_one(value: Any) -> str:
    """A text, or the tokens of one, as a text."""
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def look_at_usual(
    source: Path, usual: Mapping[str, Sequence[str]], encoding: str = "utf-8", *, labelled: bool
) -> Look | None:
    """Look at a file whose columns have the names that a task's usually have; None for others.

    Its labels count where answers are some, as `labelled` says.
    """
    columns, rows = table(source, encoding)
    found = {
        role: next((name for name in names if name in columns), "") for role, names in usual.items()
    }
    if not all(found.values()):
        return None
    text, pair, label = (found.get(role, "") for role in ("text", "pair", "label"))
    if labelled:
        return look(source, text, label, encoding=encoding, pair=pair)
    counted, some = some_of(values for _, values in rows)
    places = [columns.index(name) for name in (text, pair)]
    texts = [" ".join(str(row[place]) for place in places) for row in some]
    return Look(counted, columns, text, label, words=long_text(texts), pair=pair, texts=texts)


def look(
    source: Path,
    text: str = "",
    label: str = "",
    besides: Sequence[str] = (),
    encoding: str = "utf-8",
    pair: str = "",
) -> Look:
    """Look at the first rows of a file, or at a folder with a sub-folder a label.

    `text` and `label` are columns that are known already, `besides` are neither, and `pair` is the
    second text, where rows have one. Raises DataError for a file that cannot be read or has no
    columns.
    """
    if source.is_dir():
        return look_at_folder(source, encoding)
    columns, rows = table(source, encoding)
    counted, some = some_of(values for _, values in rows)
    values = {
        name: [row[place] for row in some]
        for place, name in enumerate(columns)
        if name not in besides
    }
    text = text or likely_text({name: each for name, each in values.items() if name != label})
    guessed = "" if label else likely_label(values, text)
    label = label or guessed or only_other(values, text)
    cells = [written(value) for value in values.get(label, [])]
    if guessed and guessed in cells:
        raise DataError(
            f"{source}: its first line, which names the columns, looks like one of its rows:"
            f" {guessed!r} is a label of others, too",
            hint="begin it with a line such as text,label; if that is what the column is called,"
            f" add --label {quote(guessed)}",
        )
    if cells and counted > len(some):
        place = columns.index(label)
        cells = [written(row[place]) for _, row in table(source, encoding)[1]]
    labels = {cell for cell in cells if cell}
    read = zip(*(values[name] for name in (text, pair) if name in values), strict=True)
    texts = [
        " ".join(map(in_one, each))
        for each in read
        if all(isinstance(value, str | list) for value in each)
    ]
    return Look(
        rows=counted,
        columns=columns,
        text=text,
        label=label,
        labels=len(labels),
        several=several_in(labels),
        words=long_text(texts),
        pair=pair,
        texts=texts,
        unread=texts_beside({text, label, pair}, values),
        flags=flags_beside(label, values),
        cells=sorted(labels),
    )


def flags_beside(label: str, values: Mapping[str, list[object]]) -> list[str]:
    """The columns of 0 and 1 beside a label that is one, with it; none where it is the only one."""
    found = [name for name, column in values.items() if {*map(written, column)} == {"0", "1"}]
    return found if label in found and len(found) > 1 else []


def texts_beside(read: Collection[str], values: Mapping[str, list[object]]) -> str:
    """The column of the longest texts, most of them different, beside those that are read."""
    found = {}
    for name, column in values.items():
        texts = [value for value in column if isinstance(value, str) and has_letters(value)]
        words = sum(len(text.split()) for text in texts) / max(1, len(column))
        if name not in read and words >= SENTENCE and len({*texts}) > LABEL_SHARE * len(column):
            found[name] = words
    return max(found, key=found.__getitem__, default="")


def written(cell: object) -> str:
    """A cell of a label as text, a list as a|b; empty where nothing is in it, such as a NaN."""
    if isinstance(cell, list | tuple):
        return "|".join(map(str, cell))
    if isinstance(cell, float) and math.isnan(cell):
        return ""
    return "" if cell is None else str(cell).strip()


def listed_in(cell: str) -> list[str]:
    """The texts of a cell that is a JSON list of texts; none of any other."""
    if not cell.startswith('["'):
        return []
    try:
        found = json.loads(cell)
    except ValueError:
        return []
    return found if all(isinstance(each, str) for each in found) else []


def several_in(labels: Collection[str]) -> str:
    """A label that looks like several: parts of it stand alone, or in others; empty if none does.

    Parts are those of a JSON list, or what separators part that no name has within, such as a|b;
    not commas.
    """
    parts = {
        label: listed_in(label) or [part.strip() for part in re.split(r"[|;]", label)]
        for label in sorted(labels)
    }
    told = Counter(part for each in parts.values() for part in set(each))
    return next(
        (
            label
            for label, each in parts.items()
            if len(each) > 1 and all(each) and all(told[part] > 1 for part in each)
        ),
        "",
    )


def some_of(rows: Iterable[T]) -> tuple[int, list[T]]:
    """How many rows there are, and LOOKED_AT of them from all over: files are often sorted.

    A reservoir: each row has the same chance, and no more are held (Vitter 1985).
    """
    random, some = Random(0), []
    counted = 0
    for counted, row in enumerate(rows, start=1):
        if counted <= LOOKED_AT:
            some.append(row)
        elif (place := random.randrange(counted)) < LOOKED_AT:
            some[place] = row
    return counted, some


def table(path: Path, encoding: str) -> tuple[list[str], Iterator[Row]]:
    """The names of a file's columns, and its rows."""
    if path.suffix.lower() == ".parquet":
        from edgeft.data.tables import opened, read_parquet

        with opened(path) as file:
            columns = [str(name) for name in file.schema_arrow.names]
        return columns, read_parquet(path, {name: name for name in columns})
    columns = header(path, encoding)
    return columns, read_columns(path, {name: name for name in columns}, encoding)


def columns_of(path: Path, encoding: str) -> list[str]:
    """The names of a file's columns; raises DataError for one that has no rows or is none."""
    columns, rows = table(path, encoding)
    next(iter(rows), None)  # raises
    return columns


def look_at_pool(texts: Iterable[str], seen: Look, labels: int) -> Look:
    """What was seen of labelled texts, with what there is to learn from: texts without labels."""
    counted, some = some_of(texts)
    return replace(seen, rows=counted, labels=labels, words=long_text(some), texts=some)


def look_at_folder(folder: Path, encoding: str) -> Look:
    """Look at a folder with a sub-folder a label: a file is a text.

    Raises DataError for a file that is not in the encoding.
    """
    labels = label_folders(folder)
    files = [file for each in labels for file in text_files(each)]
    sample = []
    for path in files[:FILES]:
        with reading(path, encoding) as file:
            sample.append(file.read())
    return Look(rows=len(files), labels=len(labels), words=long_text(sample), texts=sample)


def header(path: Path, encoding: str) -> list[str]:
    """The names of a file's columns; raises DataError for a file that cannot be read."""
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".tsv", ".jsonl", ".json"):
        wanted = {"text": "text", "label": "label"}
        next(read_columns(path, wanted, encoding))  # raises: no file of texts with labels
    with reading(path, encoding) as file:
        if suffix in (".csv", ".tsv"):
            _, first = first_line(file)
            names = next(csv.reader([first], delimiter=delimiter_of(path, first)), [])
        else:
            names = keys(path, file.readline() if suffix == ".jsonl" else file.read())
    if not names:
        raise DataError(f"{path} is empty", hint="check that it was written whole")
    return [name.strip() for name in names]


def keys(path: Path, text: str) -> list[str]:
    """The keys of a JSON object, or of the first one of an array."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise DataError(f"{path}: {error}", hint="mend the JSON") from error
    first = found[0] if isinstance(found, list) and found else found
    return list(first) if isinstance(first, dict) else []


def likely_text(values: dict[str, list[object]]) -> str:
    """The column called text, else the one with the longest strings.

    Of those, if there are any, that have more different strings than labels have.
    """

    def likeness(name: str) -> tuple[bool, bool, float]:
        words = [value for value in values[name] if isinstance(value, str) and has_letters(value)]
        differ = len(set(words)) > LABEL_SHARE * len(values[name])
        return name == "text", differ, sum(map(len, words)) / max(1, len(words))

    return max(values, key=likeness, default="")


def likely_label(values: dict[str, list[object]], text: str) -> str:
    """The column beside the text with the fewest different values, two at least.

    One called label where that is possible.
    """
    counts = {
        name: len({str(value) for value in column})
        for name, column in values.items()
        if name != text and column
    }
    possible = {
        name: count
        for name, count in counts.items()
        if 2 <= count <= max(2, LABEL_SHARE * len(values[name]))
    }
    return min(possible, key=lambda name: (name != "label", possible[name]), default="")


def only_other(values: dict[str, list[object]], text: str) -> str:
    """Where no column looks like the label: one of that name, or the one that there is beside text.

    The latter only with the same value in every row, which a caller can tell of.
    """
    others = [name for name in values if name != text]
    if "label" in others:
        return "label"
    alike = len(others) == 1 and len({str(value) for value in values[others[0]]}) == 1
    return others[0] if alike else ""


def has_letters(value: str) -> bool:
    """Whether a string is more than a number, a date or a sign."""
    return any(map(str.isalpha, value))


def long_text(column: Sequence[object]) -> int:
    """The 95th percentile of the numbers of words; characters where a script has no spaces."""
    from edgeft.data.units import units_of

    words = sorted(len(units_of(value)) for value in column if isinstance(value, str))
    return words[int(0.95 * (len(words) - 1))] if words else 0
