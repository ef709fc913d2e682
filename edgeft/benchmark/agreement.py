"""What subjects are compared by: their answers, told as strings or as numbers."""

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import fmean, pstdev

Told = str | float
"""an answer without its probability: what a caller would do the same with"""
Z = 1.96
"""standard deviations of a normal distribution that hold 95 % of it"""
SPREADS = 0.1
"""two numbers are the same answer within this share of the first subject's standard deviation"""


def joined(parts: Iterable[str]) -> str:
    """An answer of several parts, in an order that does not say how probable they are."""
    return "; ".join(sorted(parts))


def agreement(found: Sequence[Told], reference: Sequence[Told]) -> float:
    """The share of texts that are answered as the reference answers them, from 0 to 1."""
    numbers = [each for each in reference if isinstance(each, float)]
    allowed = SPREADS * pstdev(numbers) if numbers else 0.0
    return fmean(same(a, b, allowed) for a, b in zip(found, reference, strict=True))


def interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n texts (Wilson 1927), which a share of 1 has, too."""
    centre = share + Z * Z / (2 * n)
    around = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    low, high = (centre - around) / (1 + Z * Z / n), (centre + around) / (1 + Z * Z / n)
    return max(0.0, low), min(1.0, high)


def same(one: Told, other: Told, allowed: float) -> bool:
    """Whether two answers are one, where numbers may differ by what is allowed."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= allowed
    return one == other
