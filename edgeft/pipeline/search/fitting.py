"""Which candidates cannot meet a budget, so that nobody has to wait for them."""

from dataclasses import dataclass

from edgeft.options import Gates
from edgeft.surgery.shapes import Shape

SURE = 0.95
"""a size that is foreseen may be this much too large"""


@dataclass(frozen=True)
class Measured:
    """What is known of a candidate that was tried."""

    name: str
    shape: Shape
    p50_ms: float
    smallest_bytes: int
    """of the bundle's graphs"""
    as_asked: bool
    """whether quantizing went as asked; a graph left in float tells nothing of an int8 one"""


def too_large(part: str, weights: int, gates: Gates, *, bits: int = 8) -> str:
    """Why no graph with a part of so many weights is small enough, of so many bits at least."""
    size = weights * bits / 8e6
    if gates.max_size_mb is None or size <= gates.max_size_mb:
        return ""
    return (
        f"its {part} alone have {weights / 1e6:.3g} million weights, {bits} bits each:"
        f" {gates.max_size_mb:g} MB are allowed"
    )


def cannot_fit(shape: Shape, gates: Gates, measured: list[Measured]) -> str:
    """Why a candidate is not worth trying after what was measured of smaller ones; or nothing."""
    for each in measured:
        if not each.as_asked or not shape.covers(each.shape):
            continue
        size = (each.smallest_bytes + shape.weights - each.shape.weights) / 1e6
        has_all = shape.vocabulary >= each.shape.vocabulary
        if gates.max_size_mb is not None and has_all and SURE * size > gates.max_size_mb:
            return (
                f"would have about {size:.3g} MB, for {each.name} has"
                f" {each.smallest_bytes / 1e6:.3g}: {gates.max_size_mb:g} MB are allowed"
            )
        if gates.max_p50_ms is not None and each.p50_ms > gates.max_p50_ms:
            return (
                f"computes no less than {each.name}, which takes {each.p50_ms:.3g} ms:"
                f" {gates.max_p50_ms:g} ms are allowed"
            )
    return ""
