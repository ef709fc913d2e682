"""What a step costs: the task's metric before and after it, on the same rows."""

import numpy as np

from edgeft.gates import GateResult
from edgeft.options import Gates
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Task

ROUNDING = 1e-12
"""a drop of exactly what is allowed passes, whatever the last bit says"""


def accuracy_gate(
    reference: Outputs,
    candidate: Outputs,
    truth: np.ndarray,
    *,
    gates: Gates,
    task: Task,
    names: list[str],
    step: str,
) -> GateResult:
    """Compare what two models say of rows whose answers, `truth` (n, ...), are known.

    The gate passes where the metric drops by no more than `gates.max_drop`; the interval of the
    drop comes from a paired bootstrap, and tells how far n rows can be trusted. For a metric of
    which less is better, a drop is a rise. Raises RecipeError for a metric that the task lacks.
    """
    metric = task.check_metric(gates.metric or task.metric)
    before, after, (low, high), n = task.compare(truth, reference, candidate, metric, names)
    drop = before - after
    if not task.metrics[metric]:
        drop, low, high = -drop, -high, -low
    return GateResult(
        step=step,
        metric=metric,
        reference=before,
        candidate=after,
        drop=drop,
        interval=(low, high),
        n=n,
        allowed=gates.max_drop,
        passed=drop <= gates.max_drop + ROUNDING,
    )


def within_noise(gate: GateResult) -> GateResult:
    """Let a student pass whose loss could as well be none: training again would not tell more.

    A quantizer gets no such grace, since undoing it costs nothing.
    """
    if gate.interval[0] > 0:
        return gate
    note = f"more than allowed, but {gate.n} validation texts cannot tell it from no loss"
    return gate.model_copy(update={"passed": True, "note": note})


def won_back(gate: GateResult, ships: GateResult) -> GateResult:
    """Let a step pass that lost more than allowed, where what ships is within that."""
    if gate.passed:
        return gate
    note = f"more than allowed, but what ships loses {ships.drop:.4f} in all"
    return gate.model_copy(update={"passed": True, "note": note})
