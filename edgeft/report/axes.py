"""Axes of drawings: where they end, and the round figures that are marked on them."""

import math

ROUND = (1, 2, 5, 10)
"""steps from one mark to the next, times a power of ten"""
MOST_MARKS = 7
SLACK = 1e-9


def ends(values: list[float], *, share: float = 0.1, least: float = 0.01) -> tuple[float, float]:
    """The ends of an axis of a metric: all values, and a share of their span as air.

    Where no value is above 1 or below 0 the axis is neither: there is no accuracy of 1.005.
    """
    low, high = min(values), max(values)
    air = max((high - low) * share, least)
    start = low - air if low < 0 else max(0.0, low - air)
    end = high + air if high > 1 else min(1.0, high + air)
    return start, end


def marks(low: float, high: float, *, least: float = 0.0) -> list[tuple[float, str]]:
    """At most seven round figures from `low` to `high`, and how each is written.

    They lie no closer to each other than `least`.
    """
    power = 10.0 ** math.floor(math.log10(max((high - low) / MOST_MARKS, least)))
    for step in (power * each for each in ROUND):
        first, last = math.ceil(low / step - SLACK), math.floor(high / step + SLACK)
        if last - first < MOST_MARKS:
            break
    digits = max(0, -math.floor(math.log10(step) + SLACK))
    return [(each * step, f"{each * step:.{digits}f}") for each in range(first, last + 1)]
