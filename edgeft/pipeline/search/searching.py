"""Tries one student after the other, the cheapest first, until one meets every budget.

Only validation texts choose: the test split is reported on once a student is chosen.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from edgeft.artifacts import Bundle, Dataset
from edgeft.benchmark.records import Timing
from edgeft.context import Context
from edgeft.errors import GateError, ModelError, TrainingError
from edgeft.gates import BudgetResult, GateResult
from edgeft.gates.failing import excess
from edgeft.pipeline.budgets import check_budgets, latency
from edgeft.pipeline.judging import Judge, weights_size
from edgeft.pipeline.nodes import Node, Plan
from edgeft.pipeline.search.candidates import Candidate
from edgeft.pipeline.search.fitting import Measured, cannot_fit
from edgeft.pipeline.search.records import attempt
from edgeft.recipe import Recipe
from edgeft.report import Attempt
from edgeft.report.budgets import SHOWN, in_short

NEAREST = 2
"""candidates that an error names; a table below it has `SHOWN`"""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tried:
    """A candidate that was made and measured."""

    plan: Plan
    gap: GateResult
    """the bundle against the teacher, on validation: all that its steps lost and won"""
    budgets: list[BudgetResult]
    """those that it is over"""
    timing: Timing
    measured: Measured

    @property
    def candidate(self) -> Candidate:
        return candidate_of(self.plan)

    @property
    def passes(self) -> bool:
        """Whether it may ship."""
        return self.gap.passed and not self.budgets

    @property
    def within_noise(self) -> bool:
        """Whether all that speaks against it is a loss that could as well be none."""
        return self.gap.interval[0] <= 0 and not self.budgets

    @property
    def excess(self) -> tuple[int, float]:
        """How far it is from what is allowed: how many limits, and by which factor in sum."""
        over = [each.measured / each.allowed - 1 for each in self.budgets]
        if not self.gap.passed:
            over.append(self.gap.drop / max(self.gap.allowed, 1 / self.gap.n) - 1)
        return len(over), sum(over)

    @property
    def verdict(self) -> str:
        """What speaks against it; empty where nothing does."""
        found = []
        if not self.gap.passed:
            found.append(f"loses {self.gap.drop:.4f} (allowed {self.gap.allowed:g})")
        if self.budgets:
            found.append(f"has {excess(self.budgets)}")
        return ", ".join(found)


@dataclass(frozen=True)
class Outcome:
    """What a search found."""

    attempts: list[Attempt]
    """one a candidate, in order"""
    winner: Plan | None
    tried: list[Tried]

    @property
    def nearest(self) -> list[Tried]:
        """The candidates that were measured, those that miss the least first."""
        return sorted(self.tried, key=lambda each: each.excess)


def search(plan: Plan, context: Context, make: Callable[[Node], None]) -> Outcome:
    """Make and measure the candidates of a plan whose own nodes are made already.

    `make` makes a node or finds it made. A candidate that cannot be made fails alone.
    """
    data = Dataset.open(plan.data.path)
    metric = plan.metric
    found: dict[str, Attempt] = {}
    tried: list[Tried] = []
    winner: Tried | None = None
    for number, each in enumerate(plan.candidates, start=1):
        candidate = candidate_of(each)
        if not candidate.student or candidate.instead_of:
            winner = winner or least_loss(tried)
        reason = (
            unneeded(winner)
            or unasked(candidate, found, tried)
            or unfit(candidate, plan.recipe, tried)
        )
        if reason:
            found[candidate.name] = attempt(candidate, metric, "skipped", reason)
            continue
        context.progress.note(
            f"candidate {number} of {len(plan.candidates)}, {candidate.name}: {candidate.what}"
        )
        try:
            for node in each.nodes:
                if node is not each.plain:
                    make(node)
        except (GateError, ModelError, TrainingError) as error:
            log.warning("%s: %s", candidate.name, error.message)
            found[candidate.name] = attempt(candidate, metric, "failed", error.message)
            continue
        measured = measure(each, data, context)
        tried.append(measured)
        if measured.passes:
            winner = measured
        found[candidate.name] = judged(measured)
        context.progress.note(f"{candidate.name}: {summary(measured)}")
    winner = winner or least_loss(tried)
    if winner:
        found[winner.candidate.name] = chosen(winner)
    return Outcome(list(found.values()), winner.plan if winner else None, tried)


def unneeded(winner: Tried | None) -> str:
    """Why there is nothing left to look for; empty as long as there is."""
    if winner is None:
        return ""
    enough = "meets every budget" if winner.passes else "cannot be told from no loss"
    return f"not needed: {winner.candidate.name} {enough}"


def unasked(candidate: Candidate, found: dict[str, Attempt], tried: list[Tried]) -> str:
    """Why a candidate need not stand in for another: that one is not over a budget."""
    other = found.get(candidate.instead_of)
    if other is None or other.outcome == "skipped":  # for what it would take of a budget
        return ""
    if any(each.candidate.name == other.name and each.budgets for each in tried):
        return ""
    return f"not needed: {other.name}, which keeps more, is over no budget"


def unfit(candidate: Candidate, recipe: Recipe, tried: list[Tried]) -> str:
    """Why a candidate cannot meet the budgets; empty where it may."""
    measured = [each.measured for each in tried]
    return candidate.excluded or cannot_fit(candidate.shape, recipe.gates, measured)


def measure(plan: Plan, data: Dataset, context: Context) -> Tried:
    """Compare a candidate's bundle with its teacher and with the budgets, on validation."""
    if plan.bundle is None or plan.teacher is None:
        raise ValueError(f"{candidate_of(plan).name} makes no bundle of a teacher's student")
    judge = Judge(plan, data, context)
    candidate = candidate_of(plan)
    timing = latency(judge)
    bundle = Bundle.open(plan.bundle.path)
    return Tried(
        plan=plan,
        gap=judge.compared(plan.teacher, bundle.path, "validation", step=candidate.name),
        budgets=[budget for budget in check_budgets(judge) if not budget.passed],
        timing=timing,
        measured=Measured(
            name=candidate.name,
            shape=candidate.shape,
            p50_ms=timing.p50_ms,
            smallest_bytes=min(
                bundle.variant_file(name).stat().st_size for name in bundle.manifest.variants
            ),
            as_asked=as_asked(bundle),
        ),
    )


def as_asked(bundle: Bundle) -> bool:
    """Whether no quantizer had to leave anything out to pass its gate."""
    tried = [
        gate
        for record in bundle.manifest.history
        if record.kind == "quantize"
        for gate in record.figures.get("gates", [])
    ]
    return all(gate["passed"] for gate in tried)


def least_loss(tried: list[Tried]) -> Tried | None:
    """The most accurate of the candidates whose loss could as well be none, as a student may."""
    possible = [each for each in tried if each.within_noise]
    return min(possible, key=lambda each: each.gap.drop, default=None)


def judged(tried: Tried) -> Attempt:
    """The record of a candidate that was measured."""
    return attempt(tried.candidate, tried.gap.metric, "failed", tried.verdict).model_copy(
        update={
            "value": tried.gap.candidate,
            "teacher": tried.gap.reference,
            "limit": limit(tried),
            "drop": tried.gap.drop,
            "drop_interval": tried.gap.interval,
            "n": tried.gap.n,
            "size_bytes": shipped_bytes(tried.plan),
            "p50_ms": tried.timing.p50_ms,
            "p50_interval": tried.timing.p50_interval,
        }
    )


def limit(tried: Tried) -> float:
    """The metric at which the allowed loss is used up."""
    gap = tried.gap
    better_is_more = tried.plan.task.metrics[gap.metric]
    return gap.reference - gap.allowed if better_is_more else gap.reference + gap.allowed


def chosen(tried: Tried) -> Attempt:
    """The record of the candidate that ships."""
    reason = "the cheapest that meets every budget"
    if not tried.passes:
        reason = (
            f"loses more than allowed, but {tried.gap.n} validation texts cannot tell it from no"
            " loss, and no other that was tried loses less"
        )
    return judged(tried).model_copy(update={"outcome": "chosen", "reason": reason})


def summary(tried: Tried) -> str:
    """What was measured of a candidate, in a line."""
    return (
        f"{tried.gap.metric} {tried.gap.candidate:.4f} (teacher {tried.gap.reference:.4f}),"
        f" {shipped_bytes(tried.plan) / 1e6:.3g} MB, {tried.timing.p50_ms:.3g} ms:"
        f" {tried.verdict or 'meets every budget'}"
    )


def failure(outcome: Outcome, plan: Plan) -> GateError:
    """The error where no candidate may ship: what the nearest ones miss."""
    nearest = [f"{each.candidate.name} {each.verdict}" for each in outcome.nearest[:NEAREST]]
    failed = [f"{each.name}: {each.reason}" for each in outcome.attempts]
    measured = [judged(each) for each in outcome.nearest]
    return GateError(
        f"no student meets the budgets; nearest: {'; '.join(nearest or failed[:NEAREST])}",
        hint=f"see {plan.out / 'report.md'}; raise a budget or try more with effort: thorough,"
        " what was made is reused",
        table=in_short((measured or outcome.attempts)[:SHOWN]),
    )


def shipped_bytes(plan: Plan) -> int:
    """Bytes of the graph that a plan's bundle loads."""
    return weights_size(plan.bundle.path) if plan.bundle else 0


def candidate_of(plan: Plan) -> Candidate:
    """The student that a plan tries; raises ValueError where it tries none."""
    if plan.candidate is None:
        raise ValueError("this plan tries no candidate")
    return plan.candidate
