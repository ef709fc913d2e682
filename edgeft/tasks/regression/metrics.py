"""Correlations and the squared error of numbers, with bootstrap intervals."""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from edgeft.intervals import RESAMPLES
from edgeft.tasks import Scores

CELLS = 20_000_000
"""numbers drawn in all; of more rows fewer resamples are taken"""
FEWEST = 200
"""resamples at least"""
NEAR = 0.5
"""standard deviations that an answer may lie from the truth and still count as right"""


def pearson(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two lists of numbers (rows,); 0 where one does not vary."""
    one, other = (each.astype(np.float64) - each.mean(dtype=np.float64) for each in (one, other))
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum() / size) if size > 0 else 0.0


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of the ranks, equal numbers sharing theirs (Spearman 1904)."""
    return pearson(rankdata(one), rankdata(other))


def mse(truth: np.ndarray, found: np.ndarray) -> float:
    """The mean squared difference."""
    return float(np.square(truth.astype(np.float64) - found).mean())


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "spearman": spearman,
    "pearson": pearson,
    "mse": mse,
}


def score(truth: np.ndarray, found: np.ndarray) -> Scores:
    """Score answers (rows,) against the true numbers (rows,)."""
    drawn = {
        name: [metric(truth[rows], found[rows]) for rows in resamples(len(truth))]
        for name, metric in METRICS.items()
    }
    return Scores(
        n=len(truth),
        metrics={name: metric(truth, found) for name, metric in METRICS.items()},
        intervals={name: edges(values) for name, values in drawn.items() if values},
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
    return edges(found) if found else (0.0, 0.0)


def resamples(n: int, seed: int = 0) -> list[np.ndarray]:
    """Rows drawn with replacement, as often as it is worth; none where there are fewer than two."""
    if n < 2:
        return []
    random = np.random.default_rng(seed)
    return [random.integers(0, n, n) for _ in range(max(FEWEST, min(RESAMPLES, CELLS // n)))]


def edges(values: list[float], level: float = 0.95) -> tuple[float, float]:
    """The percentile interval of resampled values."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def near(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Whether each answer lies within half a standard deviation of the truth, bool (rows,)."""
    close: np.ndarray = np.abs(truth - found) <= NEAR * max(float(truth.std()), 1e-12)
    return close


def divergence(reference: np.ndarray, candidate: np.ndarray) -> float:
    """The mean squared difference of two models' answers, in variances of the first's."""
    return mse(reference, candidate) / max(float(reference.var(dtype=np.float64)), 1e-12)
