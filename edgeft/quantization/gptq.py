"""Weights in four bits, rounded so that what follows makes up for what was rounded before.

GPTQ (Frantar et al. 2023), with scales on two levels as VS-Quant has them (Dai et al. 2021): a
float for each output, and for each group of its inputs a small integer. Steps of four bits times
those integers are int8 weights, exactly: a kernel for int8 multiplies them.
"""

from dataclasses import dataclass

import numpy as np

from edgeft.quantization.rows import CLIPS, best_scales, rounded

GROUP = 32
"""most inputs of an output that share an integer"""
LOWEST, HIGHEST = -8, 7
"""steps of four bits"""
MOST = 15
"""the largest of the integers: eight times it fits into eight bits"""
MOST_OF_7_BITS = 7
"""the same, for weights of 7 bits"""
SMALL = 0.1
"""of all weights of products, the share from which on one outside the layers is worth four bits"""
NOTHING = 1e-30
"""stands for the largest weight of a group of zeros, whose scale is to move no other"""
DAMPING = 0.01
"""share of the mean second moment that is added to each, so that they can be inverted"""


@dataclass(frozen=True)
class FourBits:
    """A weight (inputs, outputs) as steps * integers * scales."""

    steps: np.ndarray
    """int8 (inputs, outputs), from -8 to 7"""
    integers: np.ndarray
    """int8 (groups, outputs), from -15 to 15; the steps of a negative one are turned around"""
    scales: np.ndarray
    """float32 (outputs,)"""

    @property
    def values(self) -> np.ndarray:
        """The int8 weights (inputs, outputs) that the scales belong to."""
        group = len(self.steps) // len(self.integers)
        whole: np.ndarray = self.steps * np.repeat(self.integers, group, axis=0)
        return whole


def group_of(inputs: int) -> int:
    """How many inputs share an integer: the largest even divisor up to GROUP; 0 where none is."""
    even = [size for size in range(2, min(inputs, GROUP) + 1, 2) if inputs % size == 0]
    return max(even, default=0)


def is_worth_four_bits(inputs: int, outputs: int, *, total: int, outside: bool) -> bool:
    """Whether a weight is: no small head `outside` the layers, nor of an odd number of inputs.

    `total` is how many weights all products have.
    """
    return group_of(inputs) > 0 and not (outside and inputs * outputs < SMALL * total)


def inverse_factor(moments: np.ndarray) -> np.ndarray:
    """The upper Cholesky factor of the inverse of damped moments, both (inputs, inputs).

    `moments` are the sums of products x^T x of what a weight multiplies. Row by row the factor says
    how far the error of an input can be made up for by those behind it; not at all where moments
    are zero.
    """
    damped = moments.astype(np.float64)
    mean = np.trace(damped) / len(damped)
    damped[np.diag_indices_from(damped)] += DAMPING * mean if mean else 1.0
    factor: np.ndarray = np.linalg.cholesky(np.linalg.inv(damped)).T
    return factor


def four_bits(weight: np.ndarray, factor: np.ndarray, most: int = MOST) -> FourBits:
    """Round `weight` (inputs, outputs) for the least squared error of what it gives.

    `factor` is the `inverse_factor` of what it multiplies, and `most` the largest integer.
    """
    inputs, outputs = weight.shape
    group = group_of(inputs)
    left = weight.astype(np.float64)
    scales = np.abs(scales_of(left.reshape(-1, group, outputs))).max(axis=0) / most
    scales = np.maximum(scales, np.finfo(np.float32).tiny)
    steps = np.empty(weight.shape, np.int8)
    integers = np.empty((inputs // group, outputs), np.int8)
    for start in range(0, inputs, group):
        end = start + group
        found = whole(scales_of(left[start:end]) / scales, most)
        integers[start // group] = found
        errors = np.empty((group, outputs))
        for place in range(start, end):
            row = rounded(left[place], found * scales)
            steps[place] = row
            error = (left[place] - row * found * scales) / factor[place, place]
            left[place + 1 : end] -= np.outer(factor[place, place + 1 : end], error)
            errors[place - start] = error
        left[end:] -= factor[start:end, end:].T @ errors
    return FourBits(steps, integers, scales.astype(np.float32))


def scales_of(groups: np.ndarray) -> np.ndarray:
    """The scales (..., outputs) that leave groups (..., group, outputs) the least error.

    The largest weight of a group takes the lowest step, which is one further from 0 than the
    highest, with a scale of the other sign; or the highest.
    """
    blocks = np.swapaxes(groups, -1, -2)
    high, low = blocks.max(axis=-1, keepdims=True), blocks.min(axis=-1, keepdims=True)
    furthest = np.where(high > -low, high, low)
    furthest[furthest == 0] = NOTHING
    tried = [furthest * clip / bound for clip in CLIPS for bound in (LOWEST, HIGHEST)]
    found: np.ndarray = best_scales(blocks, tried)[..., 0]
    return found


def whole(multiples: np.ndarray, most: int) -> np.ndarray:
    """The nearest integers from -most to most that are not 0."""
    found: np.ndarray = np.clip(np.round(multiples), -most, most)
    found[found == 0] = 1
    return found
