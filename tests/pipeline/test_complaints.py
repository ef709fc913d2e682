"""What is said of a bundle that is over a budget."""

from edgeft.gates import BudgetResult
from edgeft.pipeline.budgets import complaint, nearest


def over(unit: str, measured: float, allowed: float, **taken: float) -> BudgetResult:
    """A budget that int8 is over, where the graphs take so much."""
    return BudgetResult(
        budget="x", measured=measured, allowed=allowed, unit=unit, passed=False,
        nearest=nearest(taken, "int8", unit),
    )  # fmt: skip


def test_a_complaint_names_the_graph_that_takes_less():
    assert complaint([over("MB", 3.2, 2, int8=3.2, int4=2.4), over("ms", 1, 0.5, int8=1.0)]) == (
        "3.2 MB (allowed 2 MB; int4 has 2.4 MB) and 1 ms (allowed 0.5 ms)"
    )


def test_a_graph_that_takes_more_is_not_named():
    assert complaint([over("MB", 3.2, 2, int8=3.2, fp32=12.0)]) == "3.2 MB (allowed 2 MB)"


def test_times_that_nobody_measured_are_not_compared():
    assert nearest({}, "int8", "ms") == nearest({"fp32": 1.0}, "int8", "ms") == ""
