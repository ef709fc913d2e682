"""Perplexity and first answers, computed by hand."""

import math

import numpy as np
import pytest

from edgeft.runtime.outputs import Outputs
from edgeft.tasks.fill_mask import FillMask

TASK = FillMask()
NAMES = ["a", "b", "c", "d", "e", "f", "g"]
LOGITS = np.log(
    np.array(
        [
            [0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
            [0.2, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1],
            [0.3, 0.2, 0.12, 0.1, 0.1, 0.1, 0.08],
        ],
        dtype=np.float32,
    )
)
TRUTH = np.array([0, 0, 6])


def test_figures_are_those_of_the_hidden_words():
    found = TASK.score(TRUTH, Outputs(LOGITS), NAMES)
    assert found.metrics["top_1"] == pytest.approx(1 / 3)
    assert found.metrics["top_5"] == pytest.approx(2 / 3)
    assert found.metrics["known"] == 1
    surprise = -(math.log(0.4) + math.log(0.2) + math.log(0.08)) / 3
    assert found.metrics["perplexity"] == pytest.approx(math.exp(surprise), rel=1e-5)
    assert (found.per_class, found.confusion) == ([], [])
    # one interval for each: 0.4 is right, 0.3 twice is wrong
    assert found.calibration_error == pytest.approx((0.6 + 0.3 + 0.3) / 3, rel=1e-5)
    low, high = found.intervals["top_5"]
    assert low <= 2 / 3 <= high


def test_words_that_are_not_known_are_wrong_and_surprise_nobody():
    found = TASK.score(np.array([0, -100]), Outputs(LOGITS[:2]), NAMES)
    assert found.metrics["perplexity"] == pytest.approx(2.5, rel=1e-5)
    assert (found.metrics["top_5"], found.metrics["known"]) == (0.5, 0.5)
    assert TASK.score(np.array([-100]), Outputs(LOGITS[:1]), NAMES).metrics["perplexity"] == 7


def test_a_model_compared_with_itself_differs_by_nothing():
    outputs = Outputs(LOGITS)
    for metric in TASK.metrics:
        assert TASK.difference_interval(TRUTH, outputs, outputs, metric, NAMES) == (0, 0)
    assert TASK.divergence(outputs, outputs) == 0
    assert TASK.agreement(outputs, Outputs(LOGITS[:, ::-1])) == 0


def test_a_model_that_says_the_same_of_all_words_finds_none():
    names = [f"word {number}" for number in range(200)]
    found = TASK.score(np.arange(50), Outputs(np.zeros((50, 200))), names)
    assert found.metrics["top_1"] == found.metrics["top_5"] == 0
