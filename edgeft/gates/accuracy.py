"""What a step costs: the task's metric before and after it, on the same rows."""

import numpy as np

from edgeft.gates import GateResult
from edgeft.steps import Gates
from edgeft.tasks import Task

ROUNDING = 1e-12
"""a drop of exactly what is allowed passes, whatever the last bit says"""


def accuracy_gate(
    reference_logits: np.ndarray,
    candidate_logits: np.ndarray,
    labels: np.ndarray,
    *,
    gates: Gates,
    task: Task,
    names: list[str],
    step: str,
) -> GateResult:
    """Compare two models' logits (n, classes) on rows whose true labels (n,) are known.

    The gate passes where the metric drops by no more than `gates.max_drop`; the interval of the
    drop comes from a paired bootstrap, and tells how far n rows can be trusted. For a metric of
    which less is better, a drop is a rise. Raises RecipeError for a metric that the task lacks.
    """
    metric = task.check_metric(gates.metric)
    reference = task.score(labels, reference_logits, names).metrics[metric]
    candidate = task.score(labels, candidate_logits, names).metrics[metric]
    low, high = task.difference_interval(labels, reference_logits, candidate_logits, metric)
    drop = reference - candidate
    if not task.metrics[metric]:
        drop, low, high = -drop, -high, -low
    return GateResult(
        step=step,
        metric=metric,
        reference=reference,
        candidate=candidate,
        drop=drop,
        interval=(low, high),
        n=len(labels),
        allowed=gates.max_drop,
        passed=drop <= gates.max_drop + ROUNDING,
    )
