"""Linear heads on frozen vectors."""

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from edgeft.errors import TrainingError
from edgeft.probing import heads
from edgeft.probing.heads import (
    NEVER,
    STRENGTHS,
    Examples,
    Head,
    best_strength,
    folds,
    mean_of,
    out_of_fold,
)


def blobs(labels: int, rows: int, spread: float = 0.3, seed: int = 0) -> Examples:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(labels, 8))
    targets = np.arange(rows) % labels
    vectors = 7 * (centres[targets] + spread * random.normal(size=(rows, 8)))
    return Examples(vectors.astype(np.float32), targets, labels)


@pytest.mark.parametrize("labels", [2, 4])
def test_a_head_answers_vectors_as_they_are(labels: int) -> None:
    examples = blobs(labels, 60)
    head = examples.fitted(30.0)
    assert head.weight.shape == (labels, 8)
    assert (head.logits(examples.vectors).argmax(axis=1) == examples.targets).mean() > 0.95


@pytest.mark.parametrize("labels", [2, 3])
def test_a_head_minimizes_the_penalized_cross_entropy(labels: int) -> None:
    examples = blobs(labels, 40, spread=1.0)
    strength = 3.0
    scale = np.linalg.norm(examples.vectors, axis=1).mean()

    def objective(weight: np.ndarray, bias: np.ndarray) -> float:
        logits = examples.vectors @ weight.T + bias
        picked = logits[np.arange(len(logits)), examples.targets]
        penalty = 0.5 * np.sum((weight * scale) ** 2) * (2 if labels == 2 else 1)
        return float(strength * (logsumexp(logits, axis=1) - picked).sum() + penalty)

    head = examples.fitted(strength)
    least = objective(head.weight.astype(float), head.bias.astype(float))
    random = np.random.default_rng(1)
    for _ in range(20):
        moved = head.weight + 0.01 / scale * random.normal(size=head.weight.shape)
        if labels == 2:  # what both labels share is free
            moved[0] = -moved[1]
        assert objective(moved, head.bias) > least - 1e-3


def test_a_label_without_rows_is_never_answered() -> None:
    some = blobs(3, 30)
    examples = Examples(some.vectors, some.targets, labels=4)
    head = examples.fitted(10.0)
    assert head.bias[3] == NEVER
    assert softmax(head.logits(some.vectors), axis=1)[:, 3].max() < 1e-6


def test_names_are_one_more_example_of_each_label() -> None:
    some = blobs(3, 3)
    random = np.random.default_rng(2)
    names = some.vectors + random.normal(size=some.vectors.shape).astype(np.float32)
    named = Examples(some.vectors, some.targets, 3, names)
    doubled = Examples(
        np.concatenate([some.vectors, names]), np.concatenate([some.targets, np.arange(3)]), 3
    )
    np.testing.assert_allclose(named.fitted(10.0).weight, doubled.fitted(10.0).weight, atol=1e-4)


def test_a_weight_of_two_counts_as_two_rows() -> None:
    some = blobs(3, 12, spread=1.0)
    twice = np.concatenate([np.arange(12), np.arange(3)])
    weights = np.ones(12)
    weights[:3] = 2
    # the mean length that vectors are scaled by is that of the rows, so all rows count twice too
    one = Examples(some.vectors, some.targets, 3).fitted(5.0, weights=weights)
    other = Examples(some.vectors[twice], some.targets[twice], 3).fitted(5.0)
    np.testing.assert_allclose(one.logits(some.vectors), other.logits(some.vectors), atol=0.15)


def test_each_row_is_judged_by_a_head_that_has_not_seen_it() -> None:
    examples = blobs(3, 30)
    lone = Examples(examples.vectors.copy(), examples.targets.copy(), 3)
    lone.targets[7] = (lone.targets[7] + 1) % 3  # a wrong label
    found = out_of_fold(lone, 100.0)
    assert found[7].argmax() == examples.targets[7]


def test_the_strength_is_one_of_those_tried_and_its_share_is_of_unseen_rows() -> None:
    examples = blobs(4, 80, spread=1.5)
    strength, right = best_strength(examples)
    assert strength in STRENGTHS
    seen = (examples.fitted(strength).logits(examples.vectors).argmax(1) == examples.targets).mean()
    assert right < seen
    assert best_strength(examples, [3.0])[0] == 3.0


def test_of_many_rows_some_are_enough_to_choose_the_strength_by(monkeypatch) -> None:
    monkeypatch.setattr(heads, "SEARCHED", 200)
    asked = []

    def watched(targets: np.ndarray, seed: int, most: int) -> list[tuple[np.ndarray, np.ndarray]]:
        asked.append((len(targets), most))
        return folds(targets, seed, most)

    monkeypatch.setattr(heads, "folds", watched)
    strength, right = best_strength(blobs(4, 200, spread=1.5))
    assert set(asked) == {(200, 5)}
    asked.clear()
    other, of_some = best_strength(blobs(4, 1000, spread=1.5))
    assert set(asked) == {(200, 3)}
    assert strength in STRENGTHS
    assert other in STRENGTHS
    assert of_some == pytest.approx(right, abs=0.1)


def test_folds_hold_every_row_once_and_spread_labels() -> None:
    targets = np.repeat([0, 1, 2], [30, 12, 5])
    parts = folds(targets)
    assert sorted(np.concatenate([held for _, held in parts]).tolist()) == list(range(47))
    assert all(len(np.unique(targets[held])) == 3 for _, held in parts)
    assert all(not set(train) & set(held) for train, held in parts)


def test_a_label_with_one_row_does_not_stop_folding() -> None:
    parts = folds(np.array([0, 0, 0, 1, 1, 2]))
    assert sorted(np.concatenate([held for _, held in parts]).tolist()) == list(range(6))


def test_one_label_is_always_answered() -> None:
    some = blobs(1, 5)
    head = Examples(some.vectors, some.targets + 1, labels=2).fitted(10.0)
    assert head.logits(some.vectors).argmax(axis=1).tolist() == [1] * 5


def test_a_rare_label_is_among_the_rows_that_are_searched() -> None:
    vectors = np.random.default_rng(0).normal(size=(20_000, 4)).astype(np.float32)
    targets = np.zeros(20_000, dtype=np.int64)
    targets[:3] = 1
    for seed in range(5):
        some = Examples(vectors, targets, 2).some(seed)
        assert len(some.targets) == 4000
        assert (some.targets == 1).sum() >= 2


def test_the_mean_of_heads_says_the_mean_of_what_they_say() -> None:
    random = np.random.default_rng(0)
    first, second = (Head(random.normal(size=(3, 4)), random.normal(size=3)) for _ in range(2))
    vectors = random.normal(size=(5, 4))
    expected = (first.logits(vectors) + second.logits(vectors)) / 2
    np.testing.assert_allclose(mean_of(first, second).logits(vectors), expected)


def test_one_row_cannot_be_folded() -> None:
    with pytest.raises(TrainingError, match="one row cannot be parted"):
        folds(np.array([0]))
