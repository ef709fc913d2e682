"""A report as Markdown: report.md."""

import re

from edgeft.report import Report
from edgeft.report.blocks import Block, Code, Details, Figure, Items, Section, Table, Text
from edgeft.report.sections import origin, sections, title

NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?( |$)")


def to_markdown(report: Report) -> str:
    """Write the whole report as GitHub-flavoured Markdown; drawings stand in report.html.

    What report.html folds stands at the end, and a link where it would be.
    """
    return page(title(report), origin(report), sections(report))


def page(name: str, what: str, parts: list[Section]) -> str:
    """A page with a title, a paragraph below it, and sections."""
    lines = [f"# {name}", "", what, ""]
    folded: list[Details] = []
    for section in parts:
        below = [line for block in section.blocks for line in written(block)]
        if below:  # and not drawings alone
            lines += [f"## {section.title}", "", *below]
        folded += [block for block in section.blocks if isinstance(block, Details)]
    if folded:
        lines += ["## In full", ""]
    for details in folded:
        lines += [f"### {details.title}", ""]
        for block in details.blocks:
            lines += written(block)
    return "\n".join(lines).rstrip() + "\n"


def written(block: Block) -> list[str]:
    """The lines of one block, an empty one after it."""
    match block:
        case Text(text):
            return [shown(text), ""]
        case Code(text, language):
            return [f"```{language}", text.rstrip(), "```", ""]
        case Figure():
            return []
        case Items(items):
            return [*(f"- {shown(item)}" for item in items), ""]
        case Details(name):
            return [f"[{name}](#{anchor(name)})", ""]
        case Table(columns, rows):
            return [*table(columns, rows), ""]


def shown(text: str) -> str:
    """Text that is shown as it is: a label called <c> is no tag."""
    return text.replace("<", "\\<")


def anchor(name: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")


def table(columns: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a Markdown table; columns of numbers are set to the right."""
    numeric = [is_numeric([row[place] for row in rows]) for place in range(len(columns))]
    return [
        line(columns),
        line(["---:" if right else "---" for right in numeric]),
        *(line(row) for row in rows),
    ]


def line(cells: list[str]) -> str:
    """A row of a table: a label called *b* is set as it is, and a bar in it parts no cells."""
    escaped = (re.sub(r"([|*])", r"\\\1", " ".join(cell.split())) for cell in cells)
    return f"| {' | '.join(map(shown, escaped))} |"


def is_numeric(cells: list[str]) -> bool:
    """Whether a column holds figures, and nothing but figures and gaps."""
    return any(cells) and all(is_number(cell) for cell in cells if cell)


def is_number(cell: str) -> bool:
    """Whether a cell holds a figure, with or without a unit or an upper bound."""
    return NUMBER.match(cell) is not None
