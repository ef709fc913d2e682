"""Texts to answer or to time, out of a file: the standard library alone, for devices."""

from collections.abc import Iterator
from pathlib import Path

from edgeft.data.files import FileSource
from edgeft.data.records import Wanted, place
from edgeft.errors import DataError


def read_texts(path: str | Path, column: str = "text", encoding: str = "utf-8") -> Iterator[str]:
    """Yield the texts of a txt (a line a text), csv, tsv, jsonl or json file, in order.

    Empty texts are kept, so that answers line up with rows. Parquet is read where pyarrow is
    installed. Raises DataError naming file, line and column for what is missing or no text.
    """
    for (text,) in strings(Path(path), {"text": column}, encoding):
        yield text


def read_pairs(
    path: str | Path, column: str = "text", pair: str = "pair", encoding: str = "utf-8"
) -> Iterator[tuple[str, str]]:
    """Yield the texts of two columns of a file, as `read_texts` does those of one."""
    for row in strings(Path(path), {"text": column, "pair": pair}, encoding):
        yield row[0], row[1]


def strings(path: Path, columns: Wanted, encoding: str) -> Iterator[tuple[str, ...]]:
    """Yield the values of columns; raises DataError for one that is no string."""
    for number, values in FileSource(path, columns, encoding).rows():
        for column, text in zip(columns.values(), values, strict=True):
            if not isinstance(text, str):
                raise DataError(
                    f"{place(path, number)}: column {column!r} holds {text!r}, not a text",
                    hint="write it as a string",
                )
        yield values
