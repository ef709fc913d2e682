"""How far probabilities can be believed, and the temperature that mends them."""

import numpy as np
import pytest

from edgeft.tasks.text_classification.calibration import calibration_error, temperature


def drawn(n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that say how probable each label is, and labels drawn so."""
    random = np.random.default_rng(0)
    logits = random.normal(scale=2, size=(n, 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (chances.cumsum(axis=1) < random.random((n, 1))).sum(axis=1)
    return labels, logits


def test_a_model_that_is_too_sure_is_cooled_down() -> None:
    labels, logits = drawn()
    assert temperature(labels, 3 * logits) == pytest.approx(3, rel=0.1)
    assert temperature(labels, logits) == pytest.approx(1, rel=0.1)


def test_rows_without_a_mistake_that_counts_do_not_tell_how_sure_is_too_sure() -> None:
    _, logits = drawn(200)
    assert temperature(logits.argmax(axis=1), logits) == 1.0
    labels, nearly = logits.argmax(axis=1), logits.copy()
    nearly[0] = [0.01, 0.0, -1.0]
    labels[0] = 1
    assert temperature(labels, nearly) == 1.0


def test_a_model_that_is_far_too_modest_is_heated_up() -> None:
    labels, logits = drawn()
    assert temperature(labels, 0.1 * logits) == pytest.approx(0.1, rel=0.1)


def test_a_few_rows_tell_nothing() -> None:
    labels, logits = drawn(40)
    assert temperature(labels, 3 * logits) == 1.0


def test_the_error_is_the_gap_between_confidence_and_truth() -> None:
    labels, logits = drawn()
    honest, boastful = calibration_error(labels, logits), calibration_error(labels, 3 * logits)
    assert honest < 0.02 < 0.1 < boastful
    # two rows, both answered with probability 0.75: one of them is right
    two = np.log(np.array([[0.75, 0.25], [0.75, 0.25]]))
    assert calibration_error(np.array([0, 1]), two) == pytest.approx(0.25)
    assert calibration_error(np.array([], int), np.empty((0, 2))) is None
