"""What a page is made of, whatever format it is written in."""

from dataclasses import dataclass
from typing import Any

from edgeft.report.nested import fact_rows, fact_tables


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


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    items: list[str]


@dataclass(frozen=True)
class Details:
    """What only a few want to see, under a title: folded, or at the end."""

    title: str
    blocks: list["Block"]


Block = Text | Table | Figure | Code | Items | Details


@dataclass(frozen=True)
class Section:
    title: str
    blocks: list[Block]


def facts(found: dict[str, Any]) -> list[Block]:
    """A nested mapping as a table of two columns, and a titled table for each one in it."""
    rows = [list(row) for row in fact_rows(found)]
    blocks: list[Block] = [Table(["what", "value"], rows)] if rows else []
    for name, heads, lines in fact_tables(found):
        blocks += [Text(name), Table(heads, lines)]
    return blocks
