"""How far the difference of a metric between two models on the same rows can be trusted."""

import numpy as np

from edgeft.intervals import RESAMPLES, edges
from edgeft.tasks.text_classification.metrics import accuracy, macro_f1

METRICS = {"accuracy": accuracy, "macro_f1": macro_f1}
LARGEST = 10_000_000
"""cells of all confusion matrices held at a time"""


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

    `labels` are true indices (n,), the others logits (n, classes) of the same rows. Rows with the
    same label and the same two answers are alike, so to draw n rows with replacement is to draw
    from a multinomial distribution over these outcomes.
    """
    n, classes = np.shape(reference)
    if n < 2:
        return (0.0, 0.0)
    rows = np.stack([labels, reference.argmax(axis=1), candidate.argmax(axis=1)])
    outcomes, counts = np.unique(rows, axis=1, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=RESAMPLES)
    found = [
        METRICS[metric](matrices(part, outcomes[0] * classes + outcomes[1], classes))
        - METRICS[metric](matrices(part, outcomes[0] * classes + outcomes[2], classes))
        for part in np.array_split(drawn, max(1, RESAMPLES * classes**2 // LARGEST))
    ]
    return edges(np.concatenate(found), level)


def matrices(drawn: np.ndarray, cells: np.ndarray, classes: int) -> np.ndarray:
    """Confusion matrices (many, classes, classes) of counts (many, outcomes) in `cells`."""
    order = np.argsort(cells, kind="stable")
    places, starts = np.unique(cells[order], return_index=True)
    filled = np.zeros((len(drawn), classes**2), dtype=np.int64)
    filled[:, places] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return filled.reshape(-1, classes, classes)
