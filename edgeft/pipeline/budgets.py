"""Whether what ships stays within the recipe's budgets of bytes and milliseconds."""

from collections.abc import Mapping

from edgeft.artifacts import Bundle
from edgeft.benchmark.records import Benchmark, Timing
from edgeft.gates import BudgetResult
from edgeft.pipeline.judging import Judge

MEGA = 1e6


def check_budgets(judge: Judge) -> list[BudgetResult]:
    """Compare the bundle that a plan makes with each budget that its recipe gives."""
    gates, bundle = judge.plan.recipe.gates, judge.plan.bundle
    found: list[BudgetResult] = []
    if bundle is None:
        return found
    made = Bundle.open(bundle.path)
    manifest = made.manifest
    if gates.max_size_mb is not None:
        sizes = {name: made.variant_file(name).stat().st_size / MEGA for name in manifest.variants}
        size = sizes[manifest.chosen]
        found.append(
            BudgetResult(
                budget="max_size_mb",
                measured=size,
                allowed=gates.max_size_mb,
                unit="MB",
                passed=size <= gates.max_size_mb,
                nearest=nearest(sizes, manifest.chosen, "MB"),
            )
        )
    if gates.max_p50_ms is not None:
        timing = latency(judge)
        times = manifest.choice.get("variant", {}).get("p50_ms", {})
        found.append(
            BudgetResult(
                budget="max_p50_ms",
                measured=timing.p50_ms,
                interval=timing.p50_interval,
                allowed=gates.max_p50_ms,
                unit="ms",
                passed=timing.p50_ms <= gates.max_p50_ms,
                nearest=nearest(times, manifest.chosen, "ms"),
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


def nearest(taken: Mapping[str, float], chosen: str, unit: str) -> str:
    """The graph that takes the least, where that is less than the chosen one: `int4 has 2.4 MB`."""
    least = min(taken, key=lambda name: taken[name], default=chosen)
    if chosen not in taken or taken[least] >= taken[chosen]:
        return ""
    return f"{least} has {taken[least]:.3g} {unit}"
