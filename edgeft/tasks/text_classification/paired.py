"""How far the difference of a metric between two models on the same rows can be trusted."""

import numpy as np

from edgeft.intervals import edges, samples
from edgeft.tasks.text_classification.metrics import METRICS, counted


def difference_interval(
    labels: np.ndarray,
    reference: np.ndarray,
    candidate: np.ndarray,
    metric: str,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """The interval of metric(reference) - metric(candidate), by a paired bootstrap (Efron 1979).

    `labels` are true indices (n,), the others logits (n, classes) of the same rows. An outcome is a
    label and two answers.
    """
    n, classes = np.shape(reference)
    if n < 2:
        return (0.0, 0.0)
    rows = np.stack([labels, reference.argmax(axis=1), candidate.argmax(axis=1)])
    (truth, *both), often = np.unique(rows, axis=1, return_counts=True)
    compute = METRICS[metric]
    found = []
    for drawn in samples(often, classes, seed):
        before, after = (compute(counted(drawn, truth, each, classes)) for each in both)
        found.append(before - after)
    return edges(np.concatenate(found), level)
