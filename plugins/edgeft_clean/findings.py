"""What a check says of a row, and how several checks of a row become one line for a person."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Action = Literal["keep", "down-weight", "relabel", "drop"]
Severity = Literal["low", "medium", "high"]
RANK: dict[str, int] = {"low": 0, "medium": 1, "high": 2}
"""of severities"""
CHANGE: dict[str, int] = {"keep": 0, "down-weight": 1, "relabel": 2, "drop": 3}
"""of actions: the one that changes most is proposed"""
LABEL = "label"
"""the check that looks for wrong labels"""
LESS = 0.5
"""what the weight of a row that is down-weighted is multiplied by, if nothing else is said"""


@dataclass(frozen=True)
class Finding:
    """What one check says of one row."""

    row: int
    """the row's id in the dataset"""
    check: str
    severity: Severity
    why: str
    """a few words for a person, such as `the same text as row 7`"""
    action: Action = "keep"
    new_label: str = ""
    """of a row to relabel"""
    score: float = 0.0
    """how sure the check is, 0 to 1: of two findings alike, the surer comes first"""


@dataclass
class Decision:
    """What is to be done with one row, and all that was said of it."""

    row: int
    split: str
    text: str
    label: str
    action: Action
    new_label: str = ""
    weight: float = LESS
    """what the weight of a row to down-weight is multiplied by"""
    severity: Severity = "low"
    score: float = 0.0
    doubt: float = 0.0
    """how sure the check of labels is, whatever others say of the row"""
    where: str = ""
    """the file and line that it was read from; empty for a proposal"""
    checks: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


def decided(findings: Iterable[Finding], rows: dict[int, tuple[str, str, str]]) -> list[Decision]:
    """One decision a row, of what changes most: the severest first, and the surest of those.

    `rows` are split, text and label by the ids of the rows that were found.
    """
    by_row: dict[int, Decision] = {}
    for finding in findings:
        split, text, label = rows[finding.row]
        decision = by_row.setdefault(
            finding.row, Decision(finding.row, split, text, label, action="keep")
        )
        decision.checks.append(finding.check)
        decision.why.append(finding.why)
        decision.score = max(decision.score, finding.score)
        if finding.check == LABEL:
            decision.doubt = finding.score
        decision.severity = max(decision.severity, finding.severity, key=RANK.__getitem__)
        if CHANGE[finding.action] > CHANGE[decision.action]:
            decision.action, decision.new_label = finding.action, finding.new_label
    return sorted(by_row.values(), key=lambda each: (-RANK[each.severity], -each.score, each.row))
