"""What a source yields, checked row by row and kept on disk as an Arrow table."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from edgeft.data.notes import are, rows_of
from edgeft.data.records import Bad
from edgeft.data.rows import BATCH, map_arrow, write_arrow
from edgeft.data.sources import Source
from edgeft.errors import DataError
from edgeft.progress import Bar
from edgeft.tasks import Task

CHECKED = pa.schema(
    [
        ("number", pa.int64()),
        ("text", pa.string()),
        ("pair", pa.string()),
        ("label", pa.string()),
        ("weight", pa.float64()),
    ]
)
"""number: where the source says the row stands"""
LISTING = ".skipped"
SKIPPED = "skipped.txt"
"""the file of a dataset that lists the rows that were left out, a line each"""
LISTED = 20
"""bad or empty rows that are named one by one"""
LONGEST = 1_000_000
"""most characters of a text, which are a book's; what is longer is most often the rest of a file
behind a quotation mark that nobody closed"""
NONE_LEFT = "no row is left without those that cannot be used"
LEAVING_OUT = "to leave such rows out: --skip-bad-rows, in a recipe `data: {skip_bad_rows: true}`"

Row = tuple[int, str, str | None, str | None, float | None]


@dataclass(frozen=True)
class Checked:
    """One source's usable rows, memory-mapped."""

    source: Source
    table: pa.Table
    """columns of CHECKED: pair, label and weight are null where the source has none"""
    dropped: int
    """rows left out because their text is empty"""
    empty: list[str] = field(default_factory=list)
    """where the first of these stand"""
    skipped: int = 0
    """rows left out because they cannot be used, where that was asked for"""
    complaints: list[str] = field(default_factory=list)
    """what is wrong with the first of these"""
    remark: str = ""
    """what was read, though not as it stands: the first one with its place, and how many follow"""

    def place(self, row: int) -> str:
        """Where a row of the table stands in its source, for a person."""
        return self.source.place(self.table["number"][row].as_py())


def check(source: Source, task: Task, spool: Path, bar: Bar, *, skip: bool = False) -> Checked:
    """Read a source to its end into the Arrow file `spool`; rows with an empty text are left out.

    Raises DataError naming the place of the first row that cannot be used and counting further
    ones, unless they are to be skipped, and for a source without a usable row.
    """
    reader = Reader(source, task, spool.with_suffix(LISTING))
    write_arrow(spool, reader.batches(bar), CHECKED)
    if reader.first is not None and not skip:
        raise reader.refusal()
    table = map_arrow(spool)
    if not len(table):
        if reader.first is not None:
            raise reader.refusal(skipping=skip)
        raise DataError(f"{source} has no row with a text", hint="check its text column")
    return Checked(
        source,
        table,
        reader.dropped,
        reader.empty,
        reader.bad,
        reader.complaints,
        reader.remark(),
    )


@contextmanager
def telling_of_skipped(checked: Mapping[str, Checked]) -> Iterator[None]:
    """Say of an error about the rows that are left how many others were left out before."""
    try:
        yield
    except DataError as error:
        skipped = [
            f"{rows_of(each.skipped, role)} cannot be used and {are(each.skipped)} left out,"
            f" the first: {each.complaints[0]}"
            for role, each in checked.items()
            if each.skipped
        ]
        if not skipped:
            raise
        raise DataError(
            error.message, hint="; ".join(filter(None, [error.hint, *skipped]))
        ) from error


def list_skipped(checked: Mapping[str, Checked], spool: Path, folder: Path) -> None:
    """Write which rows of the sources cannot be used, and why, into a dataset's folder."""
    for role, each in checked.items():
        if each.skipped:
            told = (spool / role).with_suffix(LISTING).read_text(encoding="utf-8")
            with (folder / SKIPPED).open("a", encoding="utf-8") as listing:
                listing.write(told)


def left_out(checked: Mapping[str, Checked]) -> dict[str, Any]:
    """What of each source is not used, or not as it stands, for a summary.

    `dropped`: how many rows have an empty text; `empty`, where there are some: where the first ones
    stand. `skipped`, where there are some: how many cannot be used, and what is wrong with the
    first ones. `remarks`, where there are some: what is read otherwise than it stands.
    """
    skipped = {
        role: {"rows": each.skipped, "first": each.complaints}
        for role, each in checked.items()
        if each.skipped
    }
    dropped = {role: each.dropped for role, each in checked.items()}
    empty = {role: each.empty for role, each in checked.items() if each.dropped}
    remarks = {role: each.remark for role, each in checked.items() if each.remark}
    found = {"dropped": dropped, "empty": empty, "skipped": skipped, "remarks": remarks}
    return {name: each for name, each in found.items() if each or name == "dropped"}


class Reader:
    """Turns a source's rows into record batches, counting those that it leaves out."""

    def __init__(self, source: Source, task: Task, listing: Path) -> None:
        self.source = source
        self.listing = listing
        """the file that has a line of what is wrong with each row that cannot be used"""
        self.task = task
        self.dropped = 0
        self.empty: list[str] = []
        self.bad = 0
        self.first: DataError | None = None
        self.complaints: list[str] = []
        self.watch = task.watch()

    def batches(self, bar: Bar) -> Iterator[pa.RecordBatch]:
        """Yield batches of checked rows; what is wrong with others goes to the listing."""
        with self.listing.open("w", encoding="utf-8", errors="backslashreplace") as listing:

            def complain(number: int, error: DataError) -> None:
                listing.write(f"{self.complaint(number, error)}\n")

            yield from self.checked(bar, complain)

    def checked(self, bar: Bar, complain: Bad) -> Iterator[pa.RecordBatch]:
        """Yield batches of checked rows, and tell of others."""
        rows: list[Row] = []
        for number, values in self.source.rows(complain):
            try:
                found = self.rows(number, dict(zip(self.source.roles, values, strict=True)))
            except DataError as error:
                complain(number, error)
                continue
            if not found:
                self.leave_out(number)
            rows += found
            if len(rows) >= BATCH:
                yield pa.record_batch(list(zip(*rows, strict=True)), schema=CHECKED)
                bar.advance(len(rows))
                rows = []
        if rows:
            yield pa.record_batch(list(zip(*rows, strict=True)), schema=CHECKED)
            bar.advance(len(rows))

    def rows(self, number: int, values: dict[str, Any]) -> list[Row]:
        """What a row becomes, none where its text is empty. Raises DataError without place."""
        found = self.task.write_rows(number, values)
        for each in found:
            refuse_half_characters(*each)
            refuse_endless(*each)
        weight = weight_of(values.get("weight")) if found else None
        if found and self.watch is not None:
            self.watch.look(number, values)
        return [(number, *each, weight) for each in found]

    def leave_out(self, number: int) -> None:
        """Count a row with an empty text, and keep where the first ones stand."""
        self.dropped += 1
        if len(self.empty) < LISTED:
            self.empty.append(self.source.place(number))

    def complaint(self, number: int, error: DataError) -> str:
        """What is wrong with a row that cannot be used: these are counted, and the first kept."""
        self.bad += 1
        message = f"{self.source.place(number)}: {error.message}"
        if len(self.complaints) < LISTED:
            self.complaints.append(message)
        if self.first is None:
            self.first = DataError(message, hint=error.hint)
        return message

    def remark(self) -> str:
        """What its watch has to say of the rows, with the place of the first and their count."""
        told = self.watch.told() if self.watch else None
        if told is None:
            return ""
        rows, number, what = told
        others = f" (and {further(rows)})" if rows > 1 else ""
        return f"{self.source.place(number)}: {what}{others}"

    def refusal(self, *, skipping: bool = False) -> DataError:
        """The error that names the first bad row and counts the others."""
        if self.first is None:
            raise ValueError("no row was bad")
        others = f" (and {further(self.bad)} cannot be used)" if self.bad > 1 else ""
        return DataError(
            f"{self.first.message}{others}",
            hint=f"{self.first.hint}; {NONE_LEFT if skipping else LEAVING_OUT}",
        )


def further(rows: int) -> str:
    """How many rows there are beside the one that is named."""
    return f"{rows - 1:,} further row{'' if rows == 2 else 's'}"


def weight_of(value: Any) -> float | None:
    """How much a row counts: a number from 0 on, or None where there is none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        weight = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise DataError(
            f"the weight is {value!r}, not a number from 0 on",
            hint="write how much the row counts, such as 0.5, or leave it empty for 1",
        )
    return weight


def refuse_endless(*strings: str | None) -> None:
    """Raise DataError for a text of more than LONGEST characters."""
    longest = max(len(string or "") for string in strings)
    if longest > LONGEST:
        raise DataError(
            f"a text of {longest:,} characters, and {LONGEST:,} is the most",
            hint="cut it; in a csv file look for a quotation mark before it that is never closed",
        )


def refuse_half_characters(*strings: str | None) -> None:
    """Raise DataError for strings that cannot be written as UTF-8."""
    try:
        "".join(string or "" for string in strings).encode()
    except UnicodeEncodeError as error:
        raise DataError(
            "half of a surrogate pair, such as \\ud83d alone", hint="write the whole character"
        ) from error
