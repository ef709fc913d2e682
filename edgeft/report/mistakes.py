"""The texts that the shipped model gets wrong and is surest of, and the longest it gets wrong."""

from edgeft.report import Mistake, Report
from edgeft.report.blocks import Block, Details, Table, Text
from edgeft.report.wording import figure

SHOWN = 10
COLUMNS = ["sure", "label", "answered as", "text"]


def mistakes(report: Report) -> list[Block]:
    """Two tables of texts: where the label itself may be wrong, and where length may be why."""
    found = report.mistakes
    if found is None or not found.surest:
        return []
    blocks: list[Block] = [
        Text(
            f"Of {found.n:,} {found.split} texts the {found.model} gets {found.count:,} wrong."
            " These it is surest of: either it is wrong there, or the label is."
        ),
        table(found.surest[:SHOWN]),
    ]
    if len(found.surest) > SHOWN:
        blocks.append(Details(f"The {len(found.surest)} surest mistakes", [table(found.surest)]))
    blocks += [Text("The longest texts that it gets wrong:"), table(found.longest[:SHOWN])]
    return blocks


def table(rows: list[Mistake]) -> Table:
    """A line a text."""
    return Table(
        COLUMNS,
        [[figure(each.probability), each.label, each.answer, each.text] for each in rows],
    )
