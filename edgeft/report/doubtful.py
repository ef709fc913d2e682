"""The training texts whose label a review doubts most, for somebody who knows the labels."""

from typing import Any

from edgeft.report import Report
from edgeft.report.blocks import Block, Table, Text
from edgeft.report.wording import figure

FILE = "decisions.csv"
COLUMNS = ["sure", "label", "proposed", "why", "text"]


def doubtful(report: Report) -> list[Block]:
    """A table of texts, the surest first; nothing where no review looked at the labels."""
    cleaning = report.data.get("cleaning") or {}
    rows = cleaning.get("label_errors")
    if not rows:
        return []
    count = cleaning["found"].get("label", len(rows))
    step = next((step.name for step in report.steps if step.kind == "clean"), "clean")
    surest = "; these it is surest of" if count > len(rows) else ""
    return [
        Text(
            f"The review found {count:,} label{'' if count == 1 else 's'} that the other texts"
            f" speak against{surest}:"
        ),
        Table(COLUMNS, [cells(row) for row in rows]),
        Table(
            ["where", "what"],
            [[f"{step}/{FILE}", "every row worth a look, to be edited and followed"]],
        ),
    ]


def cells(row: dict[str, Any]) -> list[str]:
    """One label: what is proposed is another, or what to do with the row."""
    proposed = str(row["new_label"] or row["action"])
    return [figure(row["score"]), row["label"], proposed, row.get("why", ""), row["text"]]
