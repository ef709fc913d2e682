import numpy as np
import pytest

from edgeft.training.sampling import ByLength

LENGTHS = np.random.default_rng(0).integers(3, 60, 1000)


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 100, 1000])
def test_every_row_comes_once(rows: int) -> None:
    assert sorted(ByLength(LENGTHS[:rows], 8, seed=0)) == list(range(rows))


def test_rows_of_a_batch_are_of_like_length() -> None:
    order = list(ByLength(LENGTHS, 8, seed=0))
    padded = sum(8 * LENGTHS[order[at : at + 8]].max() for at in range(0, 1000, 8))
    shuffled = np.random.default_rng(0).permutation(1000)
    unsorted = sum(8 * LENGTHS[shuffled[at : at + 8]].max() for at in range(0, 1000, 8))

    assert padded < 1.1 * LENGTHS.sum()
    assert unsorted > 1.5 * LENGTHS.sum()


def test_lengths_go_up_and_down_within_an_epoch() -> None:
    order = list(ByLength(LENGTHS, 8, seed=0))
    means = [LENGTHS[order[at : at + 8]].mean() for at in range(0, 200, 8)]

    assert 5 < (np.diff(means) > 0).sum() < 19


def test_order_depends_on_seed_and_epoch_alone() -> None:
    sampler, twin, other = ByLength(LENGTHS, 8, 0), ByLength(LENGTHS, 8, 0), ByLength(LENGTHS, 8, 1)
    first = list(sampler)
    sampler.set_epoch(1)

    assert list(twin) == first
    assert list(other) != first
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first
