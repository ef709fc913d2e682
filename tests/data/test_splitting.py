"""Splits are stratified, seeded, and never part a group."""

import numpy as np

from edgeft.data.likeness import Likeness
from edgeft.data.splitting import divisible, hold_out


def draw(labels: np.ndarray, groups: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    return hold_out(labels, groups, share, np.random.default_rng(seed))


def test_every_label_gives_its_share() -> None:
    labels = np.repeat([0, 1, 2], [1000, 200, 10])
    held = draw(labels, np.arange(1210), 0.1)
    assert np.bincount(labels[held]).tolist() == [100, 20, 1]


def test_groups_stay_whole() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 2000)
    groups = random.integers(0, 700, 2000)
    held = draw(labels, groups, 0.2)
    assert not set(groups[held]) & set(groups[~held])
    assert 0.15 < held.mean() < 0.25


def test_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    labels, groups = np.zeros(100, int), np.arange(100)
    assert (draw(labels, groups, 0.1) == draw(labels, groups, 0.1)).all()
    assert (draw(labels, groups, 0.1) != draw(labels, groups, 0.1, seed=1)).any()


def test_two_rows_of_a_label_are_parted() -> None:
    held = draw(np.array([0, 0, 1, 1]), np.arange(4), 0.1)
    assert held[:2].sum() == held[2:].sum() == 1


def test_smallest_group_is_taken_where_all_are_larger_than_wanted() -> None:
    groups = np.repeat([0, 1], [30, 70])
    assert draw(np.zeros(100, int), groups, 0.1).sum() == 30


def test_no_label_loses_all_of_its_rows() -> None:
    # both rows of label 1 stand in a group that counts as label 0's
    labels = np.array([0, 1, 1, 0, 0])
    groups = np.array([0, 0, 0, 1, 1])
    for seed in range(20):
        held = draw(labels, groups, 0.5, seed)
        assert set(labels[~held]) == {0, 1}


def test_label_of_near_identical_texts_is_divided_between_identical_ones() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    likeness = Likeness(exact=np.array([0, 1, 1, 3, 4]), near=np.array([0, 0, 0, 3, 4]))
    groups = divisible(labels, likeness)
    assert len(set(groups)) == 4
    assert groups[1] == groups[2] != groups[0]


def test_identical_texts_stay_on_one_side_whatever_their_labels() -> None:
    # all rows of label 0 are one text, which stands under label 1 as well
    labels = np.array([0, 0, 1, 1, 1, 1, 1, 1])
    texts = np.array([0, 0, 0, 1, 2, 3, 4, 5])
    groups = divisible(labels, Likeness(texts, texts))
    for seed in range(20):
        held = draw(labels, groups, 0.34, seed)
        assert held.any()
        assert not set(texts[held]) & set(texts[~held])


def test_rows_of_other_labels_are_divided_with_those_they_are_like() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    exact = np.array([0, 0, 1, 0, 2, 3])  # the fourth row is the first one's text
    groups = divisible(labels, Likeness(exact, near=np.array([0, 0, 0, 0, 2, 3])))
    assert groups[0] == groups[1] == groups[3] != groups[2]
    assert len(set(groups)) == 4
