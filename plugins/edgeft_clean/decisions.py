"""The decisions file: a row's fate a line, written for a person to edit, and read again."""

import csv
import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

from edgeft.data.records import Row, likely_encoding, read_columns
from edgeft.plugin import DataError
from edgeft_clean.findings import LESS, Action, Decision
from edgeft_clean.rows import Rows

FILE = "decisions.csv"
COLUMNS = (
    "action", "new_label", "weight", "severity", "label", "text", "why", "checks", "score", "split",
    "row", "key",
)  # fmt: skip
"""what a person edits stands first; the last two bind a line to its row, whatever a spreadsheet
makes of the text"""
LONGEST = 300
"""characters of a text that are shown"""
FORMULA = ("=", "+", "-", "@")
ACTIONS = get_args(Action)
READ = ("action", "new_label", "key", "row", "weight")
"""the columns that are followed"""


def write(path: Path, decisions: Iterable[Decision]) -> None:
    """Write the decisions as CSV, in UTF-8 with a mark that spreadsheets know it by."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for each in decisions:
            writer.writerow(
                [
                    each.action,
                    escaped(each.new_label),
                    f"{each.weight:g}" if each.action == "down-weight" else "",
                    each.severity,
                    escaped(each.label),
                    shown(each.text),
                    "; ".join(each.why),
                    " ".join(each.checks),
                    f"{each.score:.3f}",
                    each.split,
                    each.row,
                    key_of(each.text),
                ]
            )


def read(path: Path, rows: Rows) -> list[Decision]:
    """Read the decisions, checked against the rows that they are about.

    Raises DataError naming file and line for an action, a label or a weight that is unknown, and
    for a row that is not there or reads otherwise: then the file is of other data.
    """
    places = {int(row): place for place, row in enumerate(rows.ids)}
    found: dict[int, Decision] = {}
    for line, values in lines_of(path, READ):
        action, new_label, key, row, weight = (str(value).strip() for value in values)
        where = f"{path}, line {line}"
        action, row = action.lower(), row.removesuffix(".0")  # as spreadsheets write numbers
        if action not in ACTIONS:
            raise DataError(
                f"{where}: unknown action {action!r}", hint=f"it is one of {', '.join(ACTIONS)}"
            )
        place = places.get(int(row)) if row.isdecimal() else None
        if place is None or key_of(rows.text(place)) != key:
            raise DataError(
                f"{where}: row {row} of these data is another text",
                hint="the file is of other data, or of another split of them: review them again",
            )
        if action == "relabel":
            if not rows.one_label:
                raise DataError(
                    f"{where}: relabel is for texts with one label",
                    hint="drop the row, or mend it in the file that it came from",
                )
            new_label = known(new_label, rows.names, where)
            if new_label == rows.labels[place]:
                action, new_label = "keep", ""
            if rows.splits[place] == "unlabelled":
                raise DataError(
                    f"{where}: row {row} is one of the unlabelled texts",
                    hint="give it its label in the training file, and prepare the data again",
                )
        if action == "down-weight" and rows.splits[place] != "train":
            raise DataError(
                f"{where}: row {row} is one of {rows.splits[place]}, which nothing is trained on",
                hint="weights count in training alone: write keep, or drop",
            )
        if int(row) in found:
            raise DataError(f"{where}: row {row} stands there twice", hint="delete one line")
        found[int(row)] = Decision(
            row=int(row),
            split=str(rows.splits[place]),
            text=rows.text(place),
            label=rows.labels[place],
            action=action,  # type: ignore[arg-type]  # one of ACTIONS
            new_label=new_label,
            weight=share(weight, where) if action == "down-weight" else LESS,
            where=where,
        )
    return list(found.values())


def lines_of(path: Path, wanted: Sequence[str]) -> Iterator[Row]:
    """The lines of a decisions file; raises DataError where it is another kind of file.

    A file from before there were weights has none on any line.
    """
    try:
        yield from read_columns(path, {name: name for name in wanted}, encoding_of(path))
    except DataError as error:
        if "has no column" not in error.message:
            raise
        if wanted == READ and f"has no column {READ[-1]!r}" in error.message:
            for line, values in lines_of(path, READ[:-1]):
                yield line, (*values, "")
            return
        raise DataError(
            error.message,
            hint=f"a decisions file has the columns {', '.join(COLUMNS)}: take one that"
            " `edgeft clean` wrote",
        ) from error


def shown(text: str) -> str:
    """What stands in the file of a text.

    What a spreadsheet would take for a formula gets an apostrophe, as spreadsheets write texts.
    """
    return escaped(excerpt(text))


def excerpt(text: str) -> str:
    """A text in one line, and of a long one its beginning."""
    line = " ".join(text[: 4 * LONGEST].split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def escaped(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula, with the apostrophe that stops it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def unescaped(cell: str) -> str:
    """What stood in an `escaped` cell."""
    return cell[1:] if cell.startswith(tuple(f"'{sign}" for sign in FORMULA)) else cell


def key_of(text: str) -> str:
    """A short hash of a text, which no spreadsheet takes for a number."""
    return f"k{hashlib.blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=5).hexdigest()}"


def known(label: str, names: list[str], where: str) -> str:
    """The label that a cell names; spreadsheets write TRUE for true, and an apostrophe first.

    Raises DataError for one that is not among the names.
    """
    alike = [name for name in names if name.casefold() == label.removeprefix("'").casefold()]
    exact = [name for name in names if name in (label, label.removeprefix("'"))]
    if not exact and len(alike) != 1:
        raise DataError(
            f"{where}: relabel to {label!r}, which is not among the labels",
            hint=f"known: {', '.join(names[:10])}",
        )
    return (exact or alike)[0]


def share(cell: str, where: str) -> float:
    """What a row's weight is multiplied by; raises DataError for what is none from 0 to 1."""
    if not cell:
        return LESS
    try:
        found = float(cell.replace(",", "."))  # as spreadsheets write numbers in much of Europe
    except ValueError:
        found = math.nan
    if not 0 <= found <= 1:
        raise DataError(
            f"{where}: the weight is {cell!r}, not a number from 0 to 1",
            hint=f"write what the row is to count, such as 0.3, or leave it empty for {LESS}",
        )
    return found


def encoding_of(path: Path) -> str:
    """UTF-8, or what a spreadsheet saves a file in that it calls CSV and nothing more."""
    try:
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return likely_encoding(path) if path.is_file() else "utf-8"
    return "utf-8"
