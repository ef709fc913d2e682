"""Weights in four bits: exact where they can be, and else made up for by the inputs behind."""

import numpy as np
import pytest

from edgeft.quantization.gptq import (
    GROUP,
    MOST,
    MOST_OF_7_BITS,
    four_bits,
    group_of,
    inverse_factor,
)

INPUTS, OUTPUTS = 64, 24
RANDOM = np.random.default_rng(0)
WEIGHT = RANDOM.normal(size=(INPUTS, OUTPUTS)).astype(np.float32)
MIXED = RANDOM.normal(size=(400, 8)) @ RANDOM.normal(size=(8, INPUTS))
ACTIVATIONS = MIXED + 0.1 * RANDOM.normal(size=MIXED.shape)
"""rows of which a few directions are most, as those of a model are"""


KNOWN = inverse_factor(ACTIVATIONS.T @ ACTIVATIONS)
UNKNOWN = inverse_factor(np.zeros((INPUTS, INPUTS)))


@pytest.mark.parametrize(
    ("inputs", "group"), [(384, 32), (100, 20), (30, 30), (6, 6), (2, 2), (1, 0), (33, 0), (77, 0)]
)
def test_groups_are_even_and_whole(inputs: int, group: int) -> None:
    assert group_of(inputs) == group


def test_weights_that_four_bits_can_say_are_said_exactly() -> None:
    steps = RANDOM.integers(-8, 8, (INPUTS, OUTPUTS))
    steps[::GROUP] = -8  # each group reaches to its end
    integers = RANDOM.integers(1, MOST + 1, (INPUTS // GROUP, 1, OUTPUTS))
    integers[0] = MOST
    scales = np.float32(2) ** -RANDOM.integers(2, 5, OUTPUTS)
    whole = steps.reshape(-1, GROUP, OUTPUTS) * integers * scales
    weight = whole.reshape(INPUTS, OUTPUTS).astype(np.float32)
    for factor in (KNOWN, UNKNOWN):
        found = four_bits(weight, factor)
        assert np.allclose(found.values * found.scales, weight, atol=1e-5)


def test_without_moments_each_weight_is_rounded_to_its_nearest() -> None:
    found = four_bits(WEIGHT, UNKNOWN)
    step = np.abs(np.repeat(found.integers, GROUP, axis=0) * found.scales)
    lost = np.abs(found.values * found.scales - WEIGHT)
    inside = (found.steps > -8) & (found.steps < 7)
    assert (lost[inside] <= step[inside] / 2 + 1e-6).all()


@pytest.mark.parametrize("factor", [KNOWN, UNKNOWN])
def test_a_group_of_zeros_moves_no_other(factor: np.ndarray) -> None:
    weight = 0.01 * WEIGHT
    alone = four_bits(weight[GROUP:], inverse_factor(np.zeros((INPUTS - GROUP,) * 2)))
    weight[:GROUP] = 0
    weight[:, 0] = 0
    found = four_bits(weight, factor)
    assert not found.steps[:GROUP].any()
    assert not found.steps[:, 0].any()
    assert np.allclose(found.scales[1:], alone.scales[1:])
    assert np.isfinite(found.scales).all()


def test_errors_are_made_up_for() -> None:
    nearest = four_bits(WEIGHT, UNKNOWN)
    found = four_bits(WEIGHT, KNOWN)
    lost = [
        np.square(ACTIVATIONS @ (each.values * each.scales - WEIGHT)).sum()
        for each in (found, nearest)
    ]
    assert lost[0] < 0.25 * lost[1]


@pytest.mark.parametrize(
    ("most", "lowest", "highest"), [(MOST, -128, 127), (MOST_OF_7_BITS, -64, 63)]
)
def test_values_fit_the_bits_that_kernels_take(most: int, lowest: int, highest: int) -> None:
    weight = WEIGHT * np.exp(RANDOM.normal(scale=2, size=WEIGHT.shape)).astype(np.float32)
    found = four_bits(weight, KNOWN, most)
    values = found.steps.astype(int) * np.repeat(found.integers.astype(int), GROUP, axis=0)
    assert lowest <= values.min() < values.max() <= highest
    assert (found.values == values).all()
    assert found.values.dtype == np.int8
    assert np.abs(found.integers).min() > 0


def test_outputs_without_weights_are_zero() -> None:
    weight = WEIGHT.copy()
    weight[:, 3] = 0
    found = four_bits(weight, KNOWN)
    assert np.isfinite(found.scales).all()
    assert not (found.values * found.scales)[:, 3].any()
