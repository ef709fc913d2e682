"""A report as Markdown: report.md."""

import re

from edgeft.report import Report
from edgeft.report.blocks import Block, Code, Figure, Table, Text
from edgeft.report.sections import sections

NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?( |$)")


def to_markdown(report: Report) -> str:
    """Write the whole report as GitHub-flavoured Markdown; drawings stand in report.html."""
    lines = [
        f"# {report.task}: {len(report.labels)} labels",
        "",
        f"Made by edgeft {report.edgeft} on {report.created}.",
        "",
    ]
    for section in sections(report):
        lines += [f"## {section.title}", ""]
        for block in section.blocks:
            lines += written(block)
    return "\n".join(lines).rstrip() + "\n"


def written(block: Block) -> list[str]:
    """The lines of one block, an empty one after it."""
    match block:
        case Text(text):
            return [text, ""]
        case Code(text, language):
            return [f"```{language}", text.rstrip(), "```", ""]
        case Figure():
            return []
        case Table(columns, rows):
            return [*table(columns, rows), ""]


def table(columns: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a Markdown table; columns of numbers are set to the right."""
    numeric = [is_numeric([row[place] for row in rows]) for place in range(len(columns))]
    return [
        line(columns),
        line(["---:" if right else "---" for right in numeric]),
        *(line(row) for row in rows),
    ]


def line(cells: list[str]) -> str:
    escaped = (" ".join(cell.split()).replace("|", "\\|").replace("<", "\\<") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def is_numeric(cells: list[str]) -> bool:
    """Whether a column holds figures, and nothing but figures and gaps."""
    return any(cells) and all(is_number(cell) for cell in cells if cell)


def is_number(cell: str) -> bool:
    """Whether a cell holds a figure, with or without a unit or an upper bound."""
    return NUMBER.match(cell) is not None
