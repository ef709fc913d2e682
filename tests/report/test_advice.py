"""What a report advises."""

import pytest

from edgeft.report import Mistakes, Report
from edgeft.report.advice import barely_taught, rare_and_missed

FOUND = Mistakes(model="bundle", split="test", n=20, count=3, surest=[], longest=[])


@pytest.mark.parametrize(
    ("rare", "recall", "said"),
    [
        (
            4,
            0.5,
            ["<c> has 4 training texts, 40 the most frequent label, and 50 % of its test texts"],
        ),
        (4, 0.9, []),  # it is found as others are
        (5, 0.5, []),  # it is not rare
        (0, 0.5, []),  # nothing could be learnt of it
    ],
)
def test_a_rare_label_that_is_seldom_found_is_named(
    report: Report, rare: int, recall: float, said: list[str]
) -> None:
    report.mistakes = FOUND
    report.data["splits"]["train"]["labels"] = {"a|b": 40, "<c>": rare}
    shipped = report.shipped
    assert shipped is not None
    assert shipped.scores is not None
    shipped.scores.per_class[1]["recall"] = recall
    found = rare_and_missed(report)
    assert len(found) == len(said)
    assert all(part in each for part, each in zip(said, found, strict=True))
    shipped.scores.per_class[1]["support"] = 0
    assert rare_and_missed(report) == []  # no text asked for it
    report.mistakes = None  # a task that answers with something else
    assert rare_and_missed(report) == []


@pytest.mark.parametrize(
    ("gain", "nothing_learnt", "said"),
    [(-0.05, "", True), (0.0, "", True), (0.05, "", False), (None, "", False), (-0.05, "x", False)],
)
def test_a_teacher_that_gains_nothing_is_to_be_taught_longer(
    report: Report, gain: float | None, nothing_learnt: str, said: bool
) -> None:
    teacher = report.row("teacher")
    teacher.value, teacher.gain, teacher.nothing_learnt = 0.8, gain, nothing_learnt
    found = barely_taught(report)
    assert len(found) == said
    assert all("(accuracy 0.8000 beside 0." in each for each in found)
    baseline = report.row("baseline")
    before, baseline.value, teacher.value = baseline.value, 0.99, 0.985
    assert barely_taught(report) == []  # what is nearly perfect has little to gain
    baseline.value, teacher.value = before, 0.8
    figures = report.steps[0].figures
    report.steps[0].figures = {}  # a head that was fitted at once
    assert barely_taught(report) == []
    report.steps[0].figures = figures
    report.rows = [row for row in report.rows if row.name != "baseline"]
    assert barely_taught(report) == []
