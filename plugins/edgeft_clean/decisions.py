"""The decisions file: a row's fate a line, written for a person to edit, and read again."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from edgeft.data.records import read_columns
from edgeft.plugin import DataError
from edgeft_clean.findings import Action, Decision
from edgeft_clean.rows import Rows

FILE = "decisions.csv"
COLUMNS = (
    "action", "new_label", "severity", "label", "text", "why", "checks", "score", "split", "row",
)  # fmt: skip
"""what a person edits stands first"""
LONGEST = 300
"""characters of a text that are shown"""
FORMULA = ("=", "+", "-", "@")
ACTIONS = get_args(Action)


def write(path: Path, decisions: Iterable[Decision]) -> None:
    """Write the decisions as CSV, in UTF-8 with a mark that spreadsheets know it by."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for each in decisions:
            writer.writerow(
                [
                    each.action,
                    each.new_label,
                    each.severity,
                    each.label,
                    shown(each.text),
                    "; ".join(each.why),
                    " ".join(each.checks),
                    f"{each.score:.3f}",
                    each.split,
                    each.row,
                ]
            )


def read(path: Path, rows: Rows) -> list[Decision]:
    """Read the decisions, checked against the rows that they are about.

    Raises DataError naming file and line for an action or a label that is unknown, and for a row
    that is not there or reads otherwise: then the file is of other data.
    """
    places = {int(row): place for place, row in enumerate(rows.ids)}
    found: dict[int, Decision] = {}
    wanted = ("action", "new_label", "text", "row")
    for line, values in read_columns(path, wanted):
        action, new_label, text, row = (str(value).strip() for value in values)
        where = f"{path}, line {line}"
        if action not in ACTIONS:
            raise DataError(
                f"{where}: unknown action {action!r}", hint=f"it is one of {', '.join(ACTIONS)}"
            )
        place = places.get(int(row)) if row.isdigit() else None
        if place is None or not same(shown(rows.text(place)), text):
            raise DataError(
                f"{where}: row {row} of these data is not that text",
                hint="the file is of other data, or of another split of them: review them again",
            )
        if action == "relabel" and new_label not in rows.names:
            raise DataError(
                f"{where}: relabel to {new_label!r}, which is not among the labels",
                hint=f"known: {', '.join(rows.names[:10])}",
            )
        if int(row) in found:
            raise DataError(f"{where}: row {row} stands there twice", hint="delete one line")
        found[int(row)] = Decision(
            row=int(row),
            split=str(rows.splits[place]),
            text=text,
            label=rows.labels[place],
            action=action,  # type: ignore[arg-type]  # one of ACTIONS
            new_label=new_label if action == "relabel" else "",
        )
    return list(found.values())


def shown(text: str) -> str:
    """What stands in the file of a text: one line, and of a long one its beginning.

    What a spreadsheet would take for a formula gets an apostrophe, as spreadsheets write texts.
    """
    line = " ".join(text[: 4 * LONGEST].split())
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return f"'{line}" if line.startswith(FORMULA) else line


def same(one: str, other: str) -> bool:
    """Whether two shown texts are the same but for what a spreadsheet may change."""
    return "".join(plain(one)) == "".join(plain(other))


def plain(text: str) -> Iterator[str]:
    """The letters and digits of a text."""
    return (character for character in text if character.isalnum())
