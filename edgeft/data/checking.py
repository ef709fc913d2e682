"""What a source yields, checked row by row and kept on disk as an Arrow table."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from edgeft.data.rows import BATCH, map_arrow, write_arrow
from edgeft.data.sources import Source
from edgeft.errors import DataError
from edgeft.progress import Bar

CHECKED = pa.schema(
    [
        ("number", pa.int64()),
        ("text", pa.string()),
        ("label", pa.string()),
        ("weight", pa.float64()),
    ]
)
"""number: where the source says the row stands"""


@dataclass(frozen=True)
class Checked:
    """One source's usable rows, memory-mapped."""

    source: Source
    table: pa.Table
    """columns number, text, label (null where the source has no labels), weight (null for 1)"""
    dropped: int
    """rows left out because their text is empty"""

    def place(self, row: int) -> str:
        """Where a row of the table stands in its source, for a person."""
        return self.source.place(self.table["number"][row].as_py())


def check(source: Source, spool: Path, bar: Bar) -> Checked:
    """Read a source to its end into the Arrow file `spool`; rows with an empty text are left out.

    Raises DataError naming the place of a row whose text, label or weight cannot be used, and for a
    source without a usable row.
    """
    reader = Reader(source)
    write_arrow(spool, reader.batches(bar), CHECKED)
    table = map_arrow(spool)
    if not len(table):
        raise DataError(f"{source} has no row with a text", hint="check its text column")
    return Checked(source, table, reader.dropped)


class Reader:
    """Turns a source's rows into record batches, counting those that it leaves out."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.dropped = 0

    def batches(self, bar: Bar) -> Iterator[pa.RecordBatch]:
        """Yield batches of checked rows."""
        rows: list[tuple[int, str, str | None, float | None]] = []
        for number, values in self.source.rows():
            text = self.text(number, values[0])
            if not text:
                self.dropped += 1
                continue
            label = self.label(number, values[1]) if values[1:] else None
            rows.append((number, text, label, self.weight(number, *values[2:])))
            if len(rows) == BATCH:
                yield self.batch(rows)
                bar.advance(BATCH)
                rows = []
        if rows:
            yield self.batch(rows)
            bar.advance(len(rows))

    def text(self, number: int, value: Any) -> str:
        """A usable text, or an empty string for one that is empty or missing."""
        if value is None:
            return ""
        if not isinstance(value, str):
            raise DataError(
                f"{self.source.place(number)}: the text is {value!r}, not a string",
                hint="write it as a string, or map another column: `columns: {text: ...}`",
            )
        return "" if value.isspace() else value

    def label(self, number: int, value: Any) -> str:
        """A label's name without the blanks around it; whole numbers and booleans are names too."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # how pandas writes a column of integers with gaps
        if isinstance(value, bool):
            value = str(value).lower()
        if isinstance(value, int):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise DataError(
                f"{self.source.place(number)}: the label is {value!r}, not a name",
                hint="write one label a row, or map another column: `columns: {label: ...}`",
            )
        if not value or value.isspace():
            raise DataError(
                f"{self.source.place(number)}: the label is empty",
                hint="fill it in, or move the text to a file named by `data: {unlabelled: ...}`",
            )
        return value.strip()

    def weight(self, number: int, value: Any = None) -> float | None:
        """How much a row counts: a number from 0 on, or None where there is none."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            weight = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            weight = math.nan
        if not 0 <= weight < math.inf:
            raise DataError(
                f"{self.source.place(number)}: the weight is {value!r}, not a number from 0 on",
                hint="write how much the row counts, such as 0.5, or leave it empty for 1",
            )
        return weight

    def batch(self, rows: list[tuple[int, str, str | None, float | None]]) -> pa.RecordBatch:
        """A record batch; raises DataError for a text that is not valid Unicode."""
        columns = list(zip(*rows, strict=True))
        try:
            return pa.record_batch(columns, schema=CHECKED)
        except UnicodeEncodeError as error:
            number = next(number for number, *strings, _ in rows if not is_unicode(strings))
            raise DataError(
                f"{self.source.place(number)}: half of a surrogate pair, such as \\ud83d alone",
                hint="write the whole character",
            ) from error


def is_unicode(strings: list[str | None]) -> bool:
    """Whether strings can be written as UTF-8."""
    try:
        "".join(string or "" for string in strings).encode()
    except UnicodeEncodeError:
        return False
    return True
