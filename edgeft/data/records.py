"""Rows of csv, tsv, jsonl, json and txt files, one at a time, each with its place in the file.

Imports the standard library alone: devices without `datasets` read their texts with it too.
"""

import codecs
import csv
import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any

from edgeft.errors import DataError

FORMATS = (".csv", ".tsv", ".jsonl", ".json", ".txt")
SHEETS = (".xlsx", ".xls", ".ods")
"""what spreadsheets are in"""
PACKERS = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z")
"""what packed files are called"""
PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"PAR1")
"""how zip files begin, which .xlsx and .ods are, and gzip's, and Parquet's"""
DELIMITERS = ",;\t|"
FLAGS = ("text", "pair", "negative", "label")
"""columns that a flag of the command line names"""
COLUMNS = (*FLAGS, "weight")
"""columns that a recipe may call otherwise"""
SUBSTITUTE = "cp1252"
"""what most text files that are not UTF-8 are in"""

Row = tuple[int, tuple[Any, ...]]
"""the number of the line (of the row, in a .json file) and the values of the columns"""
Read = tuple[int, tuple[Any, ...] | DataError]
"""a row, or what is wrong with one that cannot be used, without its place"""
Bad = Callable[[int, DataError], None]
"""what is told of a row that cannot be used, by its number, where that is to be no error"""
Wanted = Mapping[str, str]
"""the columns to read, by what they are to whoever reads them: {"text": "question"}"""


def read_columns(
    path: Path,
    columns: Wanted,
    encoding: str = "utf-8",
    optional: Container[str] = (),
    bad: Bad | None = None,
) -> Iterator[Row]:
    """Yield every row's values of `columns`, in the order of the file.

    A .txt file has one column, whatever it is called: a line is a text. Roles that are `optional`
    have None where there is no such column. `bad` is told of JSON rows without one of the others.
    Raises DataError naming file and line for what cannot be read.
    """
    readers: dict[str, Callable[..., Iterator[Read]]] = {
        ".csv": delimited,
        ".tsv": delimited,
        ".jsonl": json_lines,
        ".json": json_array,
        ".txt": plain_lines,
    }
    suffix = path.suffix.lower()
    if suffix not in readers:
        if not path.exists():
            raise missing(path)
        what = "a folder" if path.is_dir() else "a file without a suffix"
        other = "save the sheet as CSV; " if suffix in SHEETS else ""
        other = "unpack it first; " if suffix in PACKERS else other
        raise DataError(
            f"{path}: cannot read {suffix or what}",
            hint=f"{other}readable: {', '.join((*FORMATS, '.parquet'))}",
        )
    with reading(path, encoding) as file:
        rows = readers[suffix](path, file, columns, optional)
        yield from usable(not_empty(rows, path), partial(place, path), bad)


def missing(path: Path) -> DataError:
    """The error for a file that is not there."""
    return DataError(f"no file at {path}", hint="check the path")


def not_empty(rows: Iterable[Read], path: Path) -> Iterator[Read]:
    """The rows of a file; raises DataError where there are none."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        raise DataError(f"{path} has no rows", hint="check that it was written whole")


def usable(
    rows: Iterable[Read], where: Callable[[int], str], bad: Bad | None = None
) -> Iterator[Row]:
    """The rows that can be used. `bad` is told of others, or else the first is an error.

    Raises DataError with the place that `where` gives for its number.
    """
    for number, values in rows:
        if not isinstance(values, DataError):
            yield number, values
        elif bad is None:
            raise DataError(f"{where(number)}: {values.message}", hint=values.hint)
        else:
            bad(number, values)


def place(path: Path, number: int) -> str:
    """Where row `number` stands, for a person: `train.csv, line 7`."""
    unit = "row" if path.suffix.lower() in (".json", ".parquet") else "line"
    return f"{path}, {unit} {number}"


@contextmanager
def reading(path: Path, encoding: str) -> Iterator[IO[str]]:
    """Open a text file; raises DataError for one that is missing, or not in that encoding."""
    # utf-8-sig drops the byte order mark that Excel and Notepad put first
    codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    try:
        with path.open(encoding=codec, newline="") as file:
            yield file
    except FileNotFoundError as error:
        raise missing(path) from error
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror}", hint="check the path and its permissions"
        ) from error
    except UnicodeDecodeError as error:
        if is_packed(path):
            raise DataError(
                f"{path} is no text file, though its name says so",
                hint="a spreadsheet is to be saved as CSV, a .gz or .zip unpacked, and a Parquet"
                " file's name ends with .parquet",
            ) from error
        line, likely = first_undecodable_line(path, codec), likely_encoding(path)
        raise DataError(
            f"{path}, line {line}: not valid {encoding}",
            hint="save the file as UTF-8, or name its encoding, such as"
            f" --encoding {likely}, in a recipe `data: {{encoding: {likely}}}`",
        ) from error


def not_known(encoding: str) -> str:
    """What is wrong with the name of an encoding; empty for one that Python writes texts in."""
    try:
        "".encode(encoding)
    except (LookupError, UnicodeError):
        return f"unknown encoding {encoding!r}; try utf-8 or cp1252"
    return ""


def first_undecodable_line(path: Path, encoding: str) -> int:
    """The number of the first line whose bytes are not in that encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    number = 1
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                decoder.decode(line)
            except UnicodeDecodeError:
                return number
    return number


def is_packed(path: Path) -> bool:
    """Whether a file begins as archives and spreadsheets do."""
    with path.open("rb") as file:
        return file.read(4).startswith(PACKED)


def likely_encoding(path: Path) -> str:
    """The encoding to propose for a file that is not UTF-8."""
    with path.open("rb") as file:
        start = file.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else SUBSTITUTE


def delimited(
    path: Path, file: IO[str], columns: Wanted, optional: Container[str] = ()
) -> Iterator[Row]:
    """Rows of a csv or tsv file, whose first line that is not blank names the columns."""
    csv.field_size_limit(2**31 - 1)  # the module's own limit of 131,072 refuses long texts
    blank, first = first_line(file)
    reader = csv.reader(chain([first], file), delimiter=delimiter_of(path, first), strict=True)
    start = blank + 1
    try:
        header = [name.strip() for name in next(reader, [])]
        indices = [
            index_of(role, column, header, path)
            if column in header or role not in optional
            else None
            for role, column in columns.items()
        ]
        start = blank + reader.line_num + 1
        for fields in reader:
            number, start = start, blank + reader.line_num + 1
            if not fields:
                continue
            if len(fields) != len(header):
                raise DataError(
                    f"{path}, line {number}: fields: {len(fields)}, columns: {len(header)}",
                    hint="put double quotes around a text that holds the delimiter",
                )
            yield number, tuple(None if index is None else fields[index] for index in indices)
    except csv.Error as error:
        last = blank + reader.line_num
        rows = f"line {start}" if last <= start else f"lines {start}-{last}"
        raise DataError(
            f"{path}, {rows}: {error}",
            hint='close the field that a quote opens; inside one, write each quote twice: ""',
        ) from error


def first_line(file: IO[str]) -> tuple[int, str]:
    """How many blank lines a file begins with, and the line behind them, empty at its end."""
    blank = 0
    while (line := file.readline()) and not line.strip():
        blank += 1
    return blank, line


def delimiter_of(path: Path, first: str) -> str:
    """A tsv's tab, or whichever delimiter splits a csv's header into most columns."""
    if path.suffix.lower() == ".tsv":
        return "\t"

    def columns(delimiter: str) -> int:
        return len(next(csv.reader([first], delimiter=delimiter), []))

    return max(DELIMITERS, key=columns)


def index_of(role: str, column: str, header: list[str], path: Path) -> int:
    """Where a column stands; raises DataError for one that is missing, or there twice."""
    if header.count(column) == 1:
        return header.index(column)
    if column in header:
        raise DataError(f"{path} has two columns {column!r}", hint="rename one of them")
    raise missing_column(role, column, header, path)


def missing_column(role: str, column: str, have: Sequence[str], path: Path | str) -> DataError:
    """The error for a column that a source does not have: the hint says how to name another."""
    if not have:
        return DataError(f"{path} is empty", hint="check that it was written whole")
    if role not in COLUMNS:
        hint = f"it has: {', '.join(have)}; every row needs it, and by this name"
        return DataError(f"{path} has no column {column!r}", hint=hint)
    return DataError(
        f"{path} has no column {column!r}",
        hint=f"it has: {', '.join(have)}; say which is the {role}: "
        + (f"--{role} COLUMN, or " if role in FLAGS else "")
        + f"`columns: {{{role}: COLUMN}}` in a recipe",
    )


def json_lines(
    path: Path, file: IO[str], columns: Wanted, optional: Container[str] = ()
) -> Iterator[Read]:
    """Rows of a file with one JSON object a line."""
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                found = json.loads(line)
            except ValueError as error:
                raise DataError(
                    f"{path}, line {number}: {error}", hint="write one JSON object a line"
                ) from error
            yield number, values_of(found, columns, optional)


def json_array(
    path: Path, file: IO[str], columns: Wanted, optional: Container[str] = ()
) -> Iterator[Read]:
    """Rows of a file that holds one JSON array of objects, decoded one object at a time."""
    text = file.read()
    decoder = json.JSONDecoder()
    end = skip_blanks(text, 0)
    if text[end : end + 1] != "[":
        found = repr(text[end : end + 1]) if end < len(text) else "nothing"
        raise DataError(
            f"{path} holds {found} where an array of objects should begin",
            hint='write [{"text": ..., "label": ...}, ...], or one object a line in a .jsonl file',
        )
    end = skip_blanks(text, end + 1)
    number = 0
    while text[end : end + 1] != "]":
        number += 1
        try:
            found, end = decoder.raw_decode(text, end)
        except ValueError as error:
            raise DataError(f"{path}, row {number}: {error}", hint="mend the JSON") from error
        yield number, values_of(found, columns, optional)
        end = skip_blanks(text, end)
        if text[end : end + 1] not in (",", "]"):
            raise DataError(
                f"{path}, row {number}: no comma or closing bracket after it", hint="mend the JSON"
            )
        if text[end] == ",":
            end = skip_blanks(text, end + 1)
    end = skip_blanks(text, end + 1)
    if end < len(text):
        line = text.count("\n", 0, end) + 1
        raise DataError(
            f"{path}, line {line}: {text[end]!r} behind the end of the array",
            hint="write one array with all rows, or one object a line in a .jsonl file",
        )


def skip_blanks(text: str, start: int) -> int:
    """The index of the first character from `start` on that is not white space."""
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start


def values_of(
    found: Any, columns: Wanted, optional: Container[str] = ()
) -> tuple[Any, ...] | DataError:
    """A JSON object's values of `columns`, or what is wrong where it lacks a key."""
    if not isinstance(found, dict):
        return DataError(
            f"a {type(found).__name__} where an object should be",
            hint='write objects such as {"text": ..., "label": ...}',
        )
    for role, column in columns.items():
        if column not in found and role not in optional:
            return missing_column(role, column, list(found), "the row")
    return tuple(found.get(column) for column in columns.values())


def plain_lines(
    path: Path, file: IO[str], columns: Wanted, optional: Container[str] = ()
) -> Iterator[Row]:
    """Rows of a file with one text a line."""
    read = [role for role in columns if role not in optional]
    if len(read) != 1:
        labels = read == ["text", "label"]
        folder = ", or a folder with a sub-folder a label" if labels else ""
        others = "labels" if labels else " or ".join(role for role in read if role != "text")
        raise DataError(
            f"{path}: a .txt file has texts only, no {others}",
            hint=f"use csv, tsv, jsonl, json, parquet{folder}; or name a task that reads such a"
            " file with --task",
        )
    for number, line in enumerate(file, start=1):
        text = line.rstrip("\r\n")
        yield number, tuple(None if role in optional else text for role in columns)
