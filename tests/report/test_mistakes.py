"""The surest and the longest mistakes, found by hand and shown."""

import numpy as np
import pytest

from edgeft.pipeline.mistakes import CUT, found_mistakes
from edgeft.report import Report
from edgeft.report.blocks import Details, Table
from edgeft.report.html import to_html
from edgeft.report.markdown import to_markdown
from edgeft.report.mistakes import mistakes

TEXTS = ["right", "sure and wrong", "wrong", "w" * 400]
LOGITS = np.array([[9, 0], [5, 0], [1, 0], [0, 2]], dtype=np.float32)
TRUTH = np.array([0, 1, 1, 0])


def test_surest_and_longest_are_found() -> None:
    found = found_mistakes("bundle", "test", TEXTS, TRUTH, LOGITS, ["no", "yes"])
    assert (found.n, found.count) == (4, 3)
    assert [each.text for each in found.surest] == [
        "sure and wrong",
        f"{'w' * CUT}…",
        "wrong",
    ]
    assert found.surest[0].probability == pytest.approx(1 / (1 + np.exp(-5)), abs=1e-4)
    assert (found.surest[0].label, found.surest[0].answer) == ("yes", "no")
    assert [each.text[:5] for each in found.longest] == ["wwwww", "sure ", "wrong"]


def test_a_page_shows_them(report: Report) -> None:
    assert mistakes(report) == []
    many = [*TEXTS[:1], *(f"<b>text</b> {number}" for number in range(12))]
    report.mistakes = found_mistakes(
        "bundle", "test", many, np.array([0, *[1] * 12]), np.array([[1.0, 0.0]] * 13), ["a", "b"]
    )
    blocks = mistakes(report)
    assert [type(each) for each in blocks].count(Table) == 2
    assert len(next(each for each in blocks if isinstance(each, Table)).rows) == 10
    (folded,) = [each for each in blocks if isinstance(each, Details)]
    assert folded.title == "The 12 surest mistakes"
    assert "gets 12 wrong" in to_markdown(report)
    assert "&lt;b&gt;text&lt;/b&gt; 3" in to_html(report)
