"""Bootstrap intervals of means and medians."""

import numpy as np
import pytest

from edgeft.intervals import NORMAL, interval


def test_the_interval_of_very_many_values_does_not_shrink_to_nothing() -> None:
    """It covers the true mean as often as it says, where resamples would be too few."""
    random = np.random.default_rng(0)
    few = interval(random.normal(size=NORMAL))
    many = interval(random.normal(size=NORMAL * 10))
    assert few[1] - few[0] == pytest.approx(2 * 1.96 / NORMAL**0.5, rel=0.1)
    assert many[1] - many[0] == pytest.approx(2 * 1.96 / (10 * NORMAL) ** 0.5, rel=0.01)
    assert many[0] < 0 < many[1]


def test_the_median_of_very_many_values_has_an_interval() -> None:
    low, high = interval(np.random.default_rng(0).normal(size=1_000_000), "median")
    assert high - low == pytest.approx(2 * 1.96 * 1.2533 / 1000, rel=0.3)
