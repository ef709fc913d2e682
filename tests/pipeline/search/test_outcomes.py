"""What a search makes of what it measured: which student ships, and which is nearest."""

import numpy as np

from edgeft.benchmark.quantiles import timing
from edgeft.gates import BudgetResult, GateResult
from edgeft.pipeline.search.fitting import Measured
from edgeft.pipeline.search.searching import Outcome, Tried, least_loss
from edgeft.surgery.shapes import Shape


def tried(drop, low, *, n=500, over=()) -> Tried:
    """A student that loses `drop`, the interval from `low` on, where 0.01 is allowed."""
    return Tried(
        plan=None,
        gap=gate("student", drop, low, n),
        budgets=[
            BudgetResult(
                budget="max_size_mb", measured=size, allowed=5, unit="MB", passed=size <= 5
            )
            for size in over
        ],
        timing=timing(np.ones((2, 2)), seed=0),
        measured=Measured("x", Shape(1, 2, 3, 4), p50_ms=1, smallest_bytes=1, as_asked=True),
    )


def gate(step, drop, low, n) -> GateResult:
    return GateResult(
        step=step, metric="accuracy", reference=0.9, candidate=0.9 - drop, drop=drop,
        interval=(low, drop + 0.02), n=n, allowed=0.01, passed=drop <= 0.01,
    )  # fmt: skip


def test_of_losses_that_could_as_well_be_none_the_least_ships():
    worse, better, sure = tried(0.03, -0.01), tried(0.02, 0.0), tried(0.015, 0.001)
    assert least_loss([worse, better, sure]) is better
    assert not better.passes
    assert least_loss([sure]) is None
    assert least_loss([]) is None


def test_a_budget_gets_no_grace():
    assert least_loss([tried(0.02, -0.1, over=[6])]) is None


def test_the_nearest_student_misses_the_fewest_limits_by_the_least():
    far, near, both = tried(0.0, -0.1, over=[20]), tried(0.011, 0.01), tried(0.02, 0.01, over=[6])
    found = Outcome(attempts=[], winner=None, tried=[far, both, near])
    assert found.nearest == [near, far, both]


def test_a_verdict_names_all_that_speaks_against_a_student():
    assert tried(0.0, -0.1).verdict == ""
    assert tried(0.02, 0.01, over=[6]).verdict == (
        "loses 0.0200 (allowed 0.01), has 6 MB (allowed 5 MB)"
    )
