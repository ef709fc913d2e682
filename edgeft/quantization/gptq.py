"""Weights in four bits, rounded so that what follows makes up for what was rounded before.

GPTQ (Frantar et al. 2023), with scales on two levels as VS-Quant has them (Dai et al. 2021): a
float for each output, and for each group of its inputs a small integer. Steps of four bits times
those integers are int8 weights, exactly: a kernel for int8 multiplies them.
"""

from dataclasses import dataclass

import numpy as np

GROUP = 32
"""most inputs of an output that share an integer"""
LOWEST, HIGHEST = -8, 7
"""steps of four bits"""
MOST = 15
"""the largest of the integers: eight times it fits into eight bits"""
MOST_OF_7_BITS = 7
"""the same, for weights of 7 bits"""
DAMPING = 0.01
"""share of the mean second moment that is added to each, so that they can be inverted"""
CLIPS = np.linspace(1.0, 0.6, 9)
"""shares of a group's largest weight that its steps may reach to, tried for the least error"""


@dataclass(frozen=True)
class FourBits:
    """A weight (inputs, outputs) as steps * integers * scales."""

    steps: np.ndarray
    """int8 (inputs, outputs), from -8 to 7"""
    integers: np.ndarray
    """int8 (groups, 1, outputs), from -15 to 15; the steps of a negative one are turned around"""
    scales: np.ndarray
    """float32 (outputs,)"""

    @property
    def values(self) -> np.ndarray:
        """The int8 weights (inputs, outputs) that the scales belong to."""
        groups, _, outputs = self.integers.shape
        steps = self.steps.reshape(groups, -1, outputs)
        whole: np.ndarray = (steps * self.integers).reshape(self.steps.shape)
        return whole


def group_of(inputs: int) -> int:
    """How many inputs share an integer: the largest even divisor up to GROUP; 0 where none is."""
    even = [size for size in range(2, min(inputs, GROUP) + 1, 2) if inputs % size == 0]
    return max(even, default=0)


def four_bits(weight: np.ndarray, moments: np.ndarray, most: int = MOST) -> FourBits:
    """Round `weight` (inputs, outputs) for the least squared error of what it gives.

    `moments` (inputs, inputs) are the sums of products x^T x of what it multiplies; where they are
    zero, each weight is rounded to its nearest. An input's rounding error is made up for by the
    inputs behind it, as far as they go along with it: the rows of the inverse moments' Cholesky
    factor say how far. `most` is the largest integer.
    """
    inputs, outputs = weight.shape
    group = group_of(inputs)
    left = weight.astype(np.float64)
    upper = inverse_factor(moments)
    scales = np.abs(group_scales(left.reshape(-1, group, outputs))).max(axis=0) / most
    scales = np.maximum(scales, np.finfo(np.float32).tiny)
    steps = np.empty(weight.shape, np.int8)
    integers = np.empty((inputs // group, 1, outputs), np.int8)
    for start in range(0, inputs, group):
        end = start + group
        found = whole(group_scales(left[None, start:end])[0] / scales, most)
        integers[start // group, 0] = found
        errors = np.empty((group, outputs))
        for place in range(start, end):
            steps[place] = rounded(left[place], found * scales)
            lost = left[place] - steps[place] * found * scales
            errors[place - start] = lost / upper[place, place]
            left[place + 1 : end] -= np.outer(upper[place, place + 1 : end], errors[place - start])
        left[end:] -= upper[start:end, end:].T @ errors
    return FourBits(steps, integers, scales.astype(np.float32))


def inverse_factor(moments: np.ndarray) -> np.ndarray:
    """The upper Cholesky factor of the inverse of damped moments, both (inputs, inputs)."""
    damped = moments.astype(np.float64)
    mean = np.trace(damped) / len(damped)
    damped[np.diag_indices_from(damped)] += DAMPING * mean if mean else 1.0
    factor: np.ndarray = np.linalg.cholesky(np.linalg.inv(damped)).T
    return factor


def group_scales(groups: np.ndarray) -> np.ndarray:
    """The scales (groups, outputs) that leave groups (groups, group, outputs) the least error.

    The largest weight of a group takes the lowest step, which is one further from 0 than the
    highest, with a scale of the other sign; or the highest.
    """
    high, low = groups.max(axis=1), groups.min(axis=1)
    furthest = np.where(high > -low, high, low)
    furthest[furthest == 0] = 1
    tried = [furthest * clip / bound for clip in CLIPS for bound in (LOWEST, HIGHEST)]
    best: np.ndarray = tried[0].copy()
    least = np.full(furthest.shape, np.inf)
    for scales in tried:
        each = scales[:, None]
        errors = ((rounded(groups, each) * each - groups) ** 2).sum(axis=1)
        best[errors < least] = scales[errors < least]
        least = np.minimum(errors, least)
    return best


def whole(multiples: np.ndarray, most: int) -> np.ndarray:
    """The nearest integers from -most to most that are not 0."""
    found: np.ndarray = np.clip(np.round(multiples), -most, most)
    found[found == 0] = 1
    return found


def rounded(weights: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """The nearest steps, as floats."""
    found: np.ndarray = np.clip(np.round(weights / scales), LOWEST, HIGHEST)
    return found
