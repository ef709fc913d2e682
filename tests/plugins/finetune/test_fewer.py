"""How right a head is with fewer labelled texts stands in the figures of a probe."""

from itertools import pairwise

import numpy as np
import pytest
from trainings import figures

from edgeft.probing import heads
from edgeft.probing.heads import Examples, best_strength
from edgeft.probing.probe import Probe
from edgeft_finetune import fewer
from edgeft_finetune.fewer import by_labels, first_of_each


def probe_of(counts: list[int], spread: float = 0.7) -> Probe:
    """A probe of so many texts of each label, around a centre each."""
    random = np.random.default_rng(0)
    targets = np.repeat(np.arange(len(counts)), counts)
    centres = random.normal(size=(len(counts), 8))
    vectors = centres[targets] + spread * random.normal(size=(len(targets), 8))
    examples = Examples(vectors.astype(np.float32), targets, len(counts))
    strength, right = best_strength(examples)
    return Probe(examples.fitted(strength), strength, False, right, examples)


def test_more_texts_make_heads_righter_up_to_the_probe_itself() -> None:
    probe = probe_of([20] * 10)
    found = by_labels(probe, seed=0)
    assert [each["texts"] for each in found] == [40, 80, 120, 160]  # of 160 in four of five folds
    right = [each["accuracy"] for each in found]
    assert right[0] < right[1] < right[3]
    assert right[-1] == round(probe.cross_validated, 4)
    assert by_labels(probe, seed=0) == found


def test_a_share_has_some_texts_of_each_label_and_the_next_has_them_too() -> None:
    targets = np.repeat([0, 1, 2], [16, 8, 2])
    order = np.random.default_rng(1).permutation(len(targets))
    shares = [first_of_each(order, targets, share) for share in (0.25, 0.5, 0.75, 1.0)]
    assert [np.bincount(targets[rows]).tolist() for rows in shares] == [
        [4, 2, 2], [8, 4, 2], [12, 6, 2], [16, 8, 2],
    ]  # fmt: skip
    assert all(set(few) <= set(more) for few, more in pairwise(shares))


def test_heads_are_judged_on_texts_that_they_have_not_seen(monkeypatch) -> None:
    probe = probe_of([20] * 4)
    seen: list[set[int]] = []

    def watched(rows: np.ndarray, targets: np.ndarray, share: float) -> np.ndarray:
        seen.append(set(rows))
        return first_of_each(rows, targets, share)

    monkeypatch.setattr(fewer, "first_of_each", watched)
    by_labels(probe, seed=3)
    expected = [set(train) for train, _ in heads.folds(probe.examples.targets, 3)]
    assert seen == expected * len(fewer.SHARES)


@pytest.mark.parametrize(
    ("count", "texts"),
    [
        (2, [10]),  # two folds, in which each label keeps its one other text
        (4, [20, 30]),
        (6, [20, 38, 48]),
    ],
)
def test_no_share_leaves_a_label_without_two_texts_and_like_shares_are_one(
    count: int, texts: list[int]
) -> None:
    assert [each["texts"] for each in by_labels(probe_of([count] * 10), seed=0)] == texts


def test_of_many_texts_some_are_enough(monkeypatch) -> None:
    monkeypatch.setattr(heads, "SEARCHED", 120)
    found = by_labels(probe_of([100] * 4), seed=0)
    assert [each["texts"] for each in found] == [20, 40, 60, 80]  # of 120, in two of three folds


@pytest.mark.parametrize("method", ["probe", "auto"])
def test_a_probe_says_how_right_it_is_with_fewer_labels(method, finetuned) -> None:
    options = {"among": ["probe"]} if method == "auto" else {}
    found = figures(finetuned(method, **options))
    assert len(found["by_labels"]) > 1
    assert found["by_labels"][-1]["accuracy"] == found["cross_validated"]


def test_a_label_with_a_single_text_stops_nothing() -> None:
    found = by_labels(probe_of([12, 12, 1]), seed=0)
    assert [each["texts"] for each in found] == sorted(each["texts"] for each in found)
    assert len(found) == 4
