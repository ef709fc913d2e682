"""The training texts whose label a review doubts most, for somebody who knows the labels."""

from typing import Any

from edgeft.report import Report
from edgeft.report.blocks import Block, Table, Text
from edgeft.report.wording import figure

FILE = "decisions.csv"
COLUMNS = ["sure", "label", "proposed", "text"]


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
        Table(
            COLUMNS, [[figure(row["score"]), row["label"], to(row), row["text"]] for row in rows]
        ),
        Table(
            ["where", "what"],
            [[f"{step}/{FILE}", "every row worth a look, to be edited and followed"]],
        ),
    ]


def to(row: dict[str, Any]) -> str:
    """What is proposed: another label, or what to do with the row."""
    return str(row["new_label"] or row["action"])
