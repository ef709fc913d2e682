"""The paired bootstrap over outcomes is the paired bootstrap over rows."""

import numpy as np
import pytest

from edgeft.intervals import interval
from edgeft.tasks.text_classification.paired import difference_interval


def sample(rows: int, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, rows)
    truth = 2 * np.eye(classes)[labels]
    return (
        labels,
        truth + random.normal(size=(rows, classes)),
        truth + 1.5 * random.normal(size=(rows, classes)),
    )


def test_interval_of_accuracy_is_that_of_resampled_rows() -> None:
    labels, reference, candidate = sample(500, 5)
    right = [logits.argmax(axis=1) == labels for logits in (reference, candidate)]
    by_rows = interval(right[0].astype(float) - right[1])
    by_outcomes = difference_interval(labels, reference, candidate, "accuracy")
    assert by_outcomes == pytest.approx(by_rows, abs=0.006)


def test_interval_of_macro_f1_holds_the_difference() -> None:
    labels, reference, candidate = sample(500, 5)
    low, high = difference_interval(labels, reference, candidate, "macro_f1")
    assert 0 < low < high < 0.4


def test_single_row_has_no_interval() -> None:
    one = np.array([[1.0, 0.0]])
    assert difference_interval(np.array([0]), one, one, "accuracy") == (0.0, 0.0)
