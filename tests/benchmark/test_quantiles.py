import numpy as np
import pytest

from edgeft.benchmark.quantiles import median, rate, ratio, rounded, timing


@pytest.fixture
def rounds() -> np.ndarray:
    """50 rounds of 8 calls: a machine that is slow in some rounds, and noise in every call."""
    random = np.random.default_rng(1)
    return random.lognormal(0, 0.3, (50, 1)) * random.lognormal(0, 0.05, (50, 8))


def test_quantiles_are_those_of_all_calls_and_lie_in_their_intervals(rounds):
    found = timing(rounds)
    for percent in (50, 90, 99):
        value = getattr(found, f"p{percent}_ms")
        low, high = getattr(found, f"p{percent}_interval")
        assert value == pytest.approx(np.percentile(rounds, percent), rel=1e-4)
        assert low <= value <= high


def test_raw_values_stand_in_the_order_of_measuring():
    assert timing(np.array([[3.0, 1.0], [2.0, 5.0]])).raw_ms == [3.0, 1.0, 2.0, 5.0]


def test_equal_calls_leave_no_doubt():
    found = timing(np.full((20, 4), 2.5))
    assert found.p50_interval == found.p99_interval == (2.5, 2.5)


def test_calls_that_share_a_rounds_state_count_as_fewer(rounds):
    shuffled = np.random.default_rng(2).permutation(rounds.ravel()).reshape(rounds.shape)
    as_measured, as_if_independent = (timing(each).p50_interval for each in (rounds, shuffled))
    assert np.ptp(as_measured) > 1.5 * np.ptp(as_if_independent)


def test_a_subject_is_exactly_as_fast_as_itself(rounds):
    found = ratio(rounds, rounds)
    assert (found.value, found.interval) == (1.0, (1.0, 1.0))


def test_a_slow_spell_that_hits_both_subjects_hardly_widens_their_ratio(rounds):
    random = np.random.default_rng(3)
    found = ratio(rounds, rounds / 4 * random.lognormal(0, 0.05, rounds.shape))
    low, high = found.interval
    assert low < 4 < high
    own = timing(rounds)
    assert (high - low) / found.value < 0.5 * np.ptp(own.p50_interval) / own.p50_ms


def test_rate_counts_every_text_of_every_call():
    assert rate(np.full((10, 2), 4.0), texts_a_call=32).value == 8000


def test_figures_keep_five_digits():
    assert [rounded(value) for value in (0.123456789, 1234567.0)] == [0.12346, 1234600.0]


def test_a_median_of_few_values_says_how_little_it_knows():
    found = median([1.0, 2.0, 3.0, 4.0, 100.0])
    assert found.value == 3.0
    assert found.interval[0] < 2.5
    assert found.interval[1] > 4.0
