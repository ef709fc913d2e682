"""What a page is made of, whatever format it is written in."""

from dataclasses import dataclass
from typing import Any

from edgeft.report.wording import fact_logs, fact_rows, leaf


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table; cells that start with a digit or a sign are numbers to whoever draws it."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Figure:
    """A drawing and what it shows; formats that cannot hold one leave it out."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Code:
    """Text to be shown as it is."""

    text: str
    language: str = ""


Block = Text | Table | Figure | Code


@dataclass(frozen=True)
class Section:
    title: str
    blocks: list[Block]


def facts(found: dict[str, Any]) -> list[Block]:
    """A nested mapping as a table of two columns, and a table for each log in it."""
    rows = [list(row) for row in fact_rows(found)]
    blocks: list[Block] = [Table(["what", "value"], rows)] if rows else []
    return blocks + logs(found)


def logs(found: dict[str, Any], prefix: str = "") -> list[Block]:
    """A titled table for each log in a nested mapping: a row an entry."""
    blocks: list[Block] = []
    for name, entries in fact_logs(found):
        columns = list(dict.fromkeys(key for entry in entries for key in entry))
        rows = [[leaf(entry.get(key, "")) for key in columns] for entry in entries]
        blocks += [Text(f"{prefix}{name}"), Table(columns, rows)]
    return blocks
