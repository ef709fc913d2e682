"""Bootstrap intervals: how far a figure could lie from what a sample says (Efron 1979)."""

import numpy as np

RESAMPLES = 2000


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
    rows = max(1, min(RESAMPLES, 20_000_000 // len(values)))
    found = [
        float(compute(values[random.integers(0, len(values), len(values))])) for _ in range(rows)
    ]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
