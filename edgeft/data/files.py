"""Rows of one file, in any of the forms that all tasks read, or in one that its task alone reads.

Imports no package for training: devices read their texts with it too.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeft.artifacts import sha256
from edgeft.data.records import (
    FORMATS,
    Bad,
    Read,
    Row,
    Wanted,
    not_empty,
    place,
    read_columns,
    reading,
    usable,
)
from edgeft.errors import DataError
from edgeft.tasks import FileReader


@dataclass(frozen=True)
class FileSource:
    """A csv, tsv, jsonl, json, txt or parquet file, or one that its task reads."""

    path: Path
    columns: Wanted
    encoding: str
    reader: FileReader | None = None
    optional: tuple[str, ...] = ()
    """roles whose columns it need not have"""

    def __str__(self) -> str:
        return str(self.path)

    @property
    def roles(self) -> tuple[str, ...]:
        if self.reader is None:
            return tuple(self.columns)
        return tuple(role for role in self.columns if role not in self.optional)

    def rows(self, bad: Bad | None = None) -> Iterator[Row]:
        if self.reader is not None:
            return self.read(self.reader, bad)
        if self.path.suffix.lower() == ".parquet":
            return parquet_rows(self.path, self.columns, self.optional)
        return read_columns(self.path, self.columns, self.encoding, self.optional, bad)

    def read(self, reader: FileReader, bad: Bad | None) -> Iterator[Row]:
        """Rows as the task reads them; raises DataError for a file without any."""
        with reading(self.path, self.encoding) as file:
            rows = self.named(reader(file, {role: self.columns[role] for role in self.roles}))
            yield from usable(not_empty(rows, self.path), self.place, bad)

    def named(self, rows: Iterator[Read]) -> Iterator[Read]:
        """The rows; an error of whoever reads them names the file."""
        try:
            yield from rows
        except DataError as error:
            raise DataError(f"{self.path}: {error.message}", hint=error.hint) from error

    def place(self, number: int) -> str:
        return place(self.path, number)

    def digest(self) -> str:
        return sha256(self.path)


def parquet_rows(path: Path, columns: Wanted, optional: Container[str] = ()) -> Iterator[Row]:
    """Rows of a Parquet file; raises DataError where pyarrow is not installed."""
    try:
        from edgeft.data.tables import read_parquet
    except ImportError as error:
        raise DataError(
            f"{path}: reading Parquet needs pyarrow",
            hint=f"pip install 'edgeft[train]', or save it as one of {', '.join(FORMATS)}",
        ) from error
    return read_parquet(path, columns, optional)
