"""Bootstrap intervals: how far a figure could lie from what a sample says (Efron 1979)."""

import numpy as np

RESAMPLES = 2000
AT_ONCE = 100_000
"""values drawn at a time: all resamples of a hundred rounds in a few strokes, and little memory"""


def interval(
    values: np.ndarray, statistic: str = "mean", *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean or median of values (n,)."""
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        only = float(values[0]) if len(values) else float("nan")
        return only, only
    compute = np.median if statistic == "median" else np.mean
    random = np.random.default_rng(seed)
    n = len(values)
    rows = max(1, min(RESAMPLES, 20_000_000 // n))
    together = max(1, AT_ONCE // n)
    found = [
        compute(values[random.integers(0, n, (min(together, rows - first), n))], axis=1)
        for first in range(0, rows, together)
    ]
    low, high = np.quantile(np.concatenate(found), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
