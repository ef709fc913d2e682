"""Whether what ships stays within the recipe's budgets of bytes and milliseconds."""

from edgeft.benchmark.records import Benchmark, Timing
from edgeft.gates import BudgetResult
from edgeft.pipeline.judging import Judge, weights_size

MEGA = 1e6


def check_budgets(judge: Judge) -> list[BudgetResult]:
    """Compare the bundle that a plan makes with each budget that its recipe gives."""
    gates, bundle = judge.plan.recipe.gates, judge.plan.bundle
    found: list[BudgetResult] = []
    if bundle is None:
        return found
    if gates.max_size_mb is not None:
        size = weights_size(bundle.path) / MEGA
        found.append(
            BudgetResult(
                budget="max_size_mb",
                measured=size,
                allowed=gates.max_size_mb,
                unit="MB",
                passed=size <= gates.max_size_mb,
            )
        )
    if gates.max_p50_ms is not None:
        timing = latency(judge)
        found.append(
            BudgetResult(
                budget="max_p50_ms",
                measured=timing.p50_ms,
                interval=timing.p50_interval,
                allowed=gates.max_p50_ms,
                unit="ms",
                passed=timing.p50_ms <= gates.max_p50_ms,
            )
        )
    return found


def latency(judge: Judge) -> Timing:
    """Time a plan's bundle on single validation texts, with the threads of `bench`; kept on disk.

    Validation texts, because a budget chooses what ships. Raises ValueError for a plan with no
    bundle.
    """
    if judge.plan.bundle is None:
        raise ValueError("there is no bundle to time")
    found = judge.timed("latency", {"bundle": judge.plan.bundle.path}, "validation")
    return Benchmark.model_validate(found).rows[0].total


def complaint(failed: list[BudgetResult]) -> str:
    """What is over the budgets, as one sentence's end: `15.8 MB (allowed 5 MB)`."""
    return " and ".join(
        f"{each.measured:.3g} {each.unit} (allowed {each.allowed:g} {each.unit})" for each in failed
    )
