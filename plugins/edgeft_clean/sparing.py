"""Which proposals are taken back, for they would cost a row that is worth more."""

from collections import Counter, defaultdict

import numpy as np

from edgeft_clean.findings import LABEL, Decision
from edgeft_clean.rows import Rows

LOST_ANYWAY = {"duplicate", "overlap"}
"""checks that propose to drop a row whatever its label is"""


def believed(decisions: list[Decision], rows: Rows) -> list[Decision]:
    """The decisions, but of one text with several labels the one that nothing speaks against stays.

    Where the other texts speak against all of its labels, or against none, nobody can tell which
    of them is right.
    """
    places = {int(row): place for place, row in enumerate(rows.ids)}
    of_text: dict[int, list[Decision]] = defaultdict(list)
    for each in decisions:
        if "contradiction" in each.checks and each.action == "drop":
            of_text[int(rows.likeness.exact[places[each.row]])].append(each)
    for alike in of_text.values():
        doubted = {each.label for each in alike if LABEL in each.checks}
        right = [each for each in alike if each.label not in doubted]
        if doubted and len({each.label for each in right}) == 1:
            for each in right:
                if not LOST_ANYWAY & {*each.checks}:
                    each.action = "keep"
                    each.why.append("kept: the other texts speak against the other label")
    return decisions


def spared(decisions: list[Decision], rows: Rows) -> list[Decision]:
    """The decisions, but for those that would leave no row of validation, or of a label."""
    dropped = [each for each in decisions if (each.split, each.action) == ("validation", "drop")]
    if len(dropped) == np.count_nonzero(rows.splits == "validation"):
        for each in dropped:
            each.action = "keep"
            each.why.append("kept: there would be no row of validation left")
    if not rows.one_label:
        return decisions
    of_label = Counter(rows.labels[place] for place in rows.training)
    leaving = [
        each for each in decisions if each.split == "train" and each.action in ("drop", "relabel")
    ]
    gone = Counter(each.label for each in leaving)
    for each in leaving:
        if gone[each.label] >= of_label[each.label]:
            each.action, each.new_label = "keep", ""
            each.why.append("kept: there would be no row of its label left")
    return decisions
