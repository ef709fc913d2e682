"""Bootstrap intervals: how far a figure could lie from what a sample says (Efron 1979)."""

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

RESAMPLES = 2000
NORMAL = 100_000
"""values from which on a mean is as good as normal"""
FEWEST = 200
"""resamples at least, however many values there are"""
CELLS = 5_000_000
"""counts of resampled rows held at a time"""
AT_ONCE = 100_000
"""values drawn at a time: all resamples of a hundred rounds in a few strokes, and little memory"""


def interval(
    values: np.ndarray, statistic: str = "mean", *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean or median of values (n,).

    Of the mean of so many that nothing is to be seen of their distribution any more, the normal
    one: mean +- 1.96 deviations / sqrt(n) at 95 %.
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        only = float(values[0]) if len(values) else float("nan")
        return only, only
    if statistic == "mean" and len(values) > NORMAL:
        half = NormalDist().inv_cdf((1 + level) / 2) * values.std() / len(values) ** 0.5
        return float(values.mean() - half), float(values.mean() + half)
    compute = np.median if statistic == "median" else np.mean
    random = np.random.default_rng(seed)
    n = len(values)
    rows = max(FEWEST, min(RESAMPLES, 20_000_000 // n))
    together = max(1, AT_ONCE // n)
    found = [
        compute(values[random.integers(0, n, (min(together, rows - first), n))], axis=1)
        for first in range(0, rows, together)
    ]
    return edges(np.concatenate(found), level)


def edges(drawn: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The percentile interval of resampled figures (resamples,)."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide part by whole, giving 0 where there is no whole."""
    shares: np.ndarray = np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)
    return shares


def resampled(counts: np.ndarray, seed: int = 0) -> np.ndarray:
    """Sums of as many rows drawn with replacement, many times: (RESAMPLES, ...) of (rows, ...).

    Rows with the same counts are alike, so to draw rows is to draw from a multinomial distribution
    over the different ones.
    """
    flat = counts.reshape(len(counts), -1)
    kinds, often = np.unique(flat, axis=0, return_counts=True)
    sums = [drawn @ kinds for drawn in samples(often, seed=seed)]
    return np.concatenate(sums).reshape(-1, *counts.shape[1:])


def samples(often: np.ndarray, columns: int = 0, seed: int = 0) -> Iterator[np.ndarray]:
    """Draw as many rows with replacement as there are, RESAMPLES times: (samples, outcomes).

    Rows of the same outcome are alike, and outcome i has `often[i]`: so that is to draw from a
    multinomial distribution. The samples come in parts, each CELLS numbers at most where one sample
    comes to so many `columns`.
    """
    random, n = np.random.default_rng(seed), int(often.sum())
    part = max(1, CELLS // max(columns, len(often)))
    for first in range(0, RESAMPLES, part):
        yield random.multinomial(n, often / n, size=min(part, RESAMPLES - first))
