"""Correlations and the squared error of numbers, with bootstrap intervals.

Every metric takes numbers and answers (..., rows), and gives one figure (...) of each row of them.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import rankdata

from edgeft.intervals import RESAMPLES, edges, share
from edgeft.tasks import Scores

CELLS = 4_000_000
"""numbers drawn in all; of more rows fewer resamples are taken"""
FEWEST = 200
"""resamples at least"""
TOGETHER = 2_000_000
"""numbers drawn at a time"""
NEAR = 0.5
"""standard deviations that an answer may lie from the truth and still count as right"""


def pearson(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The correlation of two lists of numbers; 0 where one does not vary."""
    one, other = (
        each - each.mean(axis=-1, keepdims=True)
        for each in (truth.astype(np.float64), found.astype(np.float64))
    )
    size = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    return share((one * other).sum(axis=-1), size)


def spearman(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The correlation of the ranks, equal numbers sharing theirs (Spearman 1904)."""
    return pearson(rankdata(truth, axis=-1), rankdata(found, axis=-1))


def mse(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The mean squared difference."""
    means: np.ndarray = np.square(truth.astype(np.float64) - found).mean(axis=-1)
    return means


def r2(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The share of the numbers' variance that the answers explain: 1 is all, 0 what a mean does."""
    variance = truth.var(axis=-1, dtype=np.float64)
    found_share: np.ndarray = 1 - share(mse(truth, found), variance)
    return np.where(variance > 0, found_share, 0.0)


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "r2": r2,
    "spearman": spearman,
    "pearson": pearson,
    "mse": mse,
}


def score(truth: np.ndarray, found: np.ndarray) -> Scores:
    """Score answers (rows,) against the true numbers (rows,)."""
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in METRICS}
    for rows in resamples(len(truth)):
        for name, metric in METRICS.items():
            drawn[name].append(metric(truth[rows], found[rows]))
    return Scores(
        n=len(truth),
        metrics={name: float(metric(truth, found)) for name, metric in METRICS.items()},
        intervals={name: edges(np.concatenate(parts)) for name, parts in drawn.items() if parts},
    )


def difference_interval(
    truth: np.ndarray, reference: np.ndarray, candidate: np.ndarray, metric: str
) -> tuple[float, float]:
    """The interval of metric(reference) - metric(candidate), by a paired bootstrap (Efron 1979)."""
    compute = METRICS[metric]
    found = [
        compute(truth[rows], reference[rows]) - compute(truth[rows], candidate[rows])
        for rows in resamples(len(truth))
    ]
    return edges(np.concatenate(found)) if found else (0.0, 0.0)


def resamples(n: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Rows drawn with replacement, (some resamples, n) at a time; none of fewer than two rows."""
    random = np.random.default_rng(seed)
    left = max(FEWEST, min(RESAMPLES, CELLS // max(1, n))) if n > 1 else 0
    while left:
        some = min(left, max(1, TOGETHER // n))
        yield random.integers(0, n, (some, n))
        left -= some


def near(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Whether each answer lies within half a standard deviation of the truth, bool (rows,)."""
    close: np.ndarray = np.abs(truth - found) <= NEAR * max(float(truth.std()), 1e-12)
    return close


def divergence(reference: np.ndarray, candidate: np.ndarray) -> float:
    """The mean squared difference of two models' answers, in variances of the first's."""
    variance = max(float(reference.var(dtype=np.float64)), 1e-12)
    return float(mse(reference, candidate)) / variance
