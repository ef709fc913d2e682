"""How likely a label is the true one: what models say, weighed by how labels go wrong."""

import numpy as np
import pytest
from scipy.special import softmax

from edgeft_clean.truth import believed, noise

LABELS = 6
ROWS = 1200


CENTRES = 4 * np.eye(LABELS)
CENTRES[1] = CENTRES[0] + [0, 1.5, 0, 0, 0, 0]
"""of the labels' texts, one apart from the other; 0 and 1 are often taken for each other"""


def said(share: float = 0.0, to: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """True labels (rows,), and what models say that learnt from such a share of flipped ones."""
    true = np.arange(ROWS) % LABELS
    texts = CENTRES[true] + np.random.default_rng(0).normal(size=(ROWS, LABELS))
    distances = ((texts[:, None] - CENTRES[None]) ** 2).sum(axis=2)
    learnt = (1 - share) * np.eye(LABELS)
    for on in range(1, LABELS) if to is None else [to]:
        learnt += share / (LABELS - 1 if to is None else 1) * np.roll(np.eye(LABELS), on, axis=1)
    return true, softmax(-distances / 2, axis=1) @ learnt


def flipped(true: np.ndarray, share: float, to: int | None = None, seed: int = 1) -> np.ndarray:
    """Labels of which a share is any other one, or the one so many places on."""
    random = np.random.default_rng(seed)
    on = random.integers(1, LABELS, len(true)) if to is None else np.full(len(true), to)
    return np.where(random.random(len(true)) < share, (true + on) % LABELS, true)


def test_each_row_has_probabilities_of_all_labels() -> None:
    true, probabilities = said(0.2)
    found = believed(flipped(true, 0.2), probabilities)
    assert found.shape == (ROWS, LABELS)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("to", [None, 3])
def test_labels_that_were_given_for_no_reason_are_told_from_a_models_own_mistakes(
    to: int | None,
) -> None:
    true, probabilities = said(0.2, to)
    given = flipped(true, 0.2, to)
    wrong = given != true
    doubted = probabilities.argmax(axis=1) != given
    named = believed(given, probabilities).argmax(axis=1) != given
    assert wrong[named].mean() > wrong[doubted].mean() + 0.05
    assert wrong[named].mean() > 0.8
    assert named[wrong].mean() > 0.9


def test_right_labels_are_left_alone_though_models_doubt_them() -> None:
    true, probabilities = said()
    doubted = probabilities.argmax(axis=1) != true
    named = believed(true, probabilities).argmax(axis=1) != true
    assert doubted.mean() > 0.08
    assert named.mean() < doubted.mean() / 2


def test_the_noise_says_which_label_is_given_for_which() -> None:
    true, probabilities = said(0.2, to=3)
    given = flipped(true, 0.2, to=3)  # 0 as 3, 1 as 4, and so on
    found = noise(given, probabilities)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for label in range(2, LABELS):
        assert 0.7 < found[label, label] < 0.9
        assert np.argsort(found[label])[-2] == (label + 3) % LABELS


def test_impossible_answers_and_labels_that_no_model_gives_are_no_reason_to_fail() -> None:
    true = np.arange(60) % 3
    probabilities = np.eye(3)[true]
    probabilities[true == 2] = [1.0, 0.0, 0.0]
    found = believed(true, probabilities)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)
    two = believed(np.array([0, 1]), np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert np.isfinite(two).all()
