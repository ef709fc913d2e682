"""F1, thresholds and losses of several labels, against values computed by hand."""

import math

import numpy as np
import pytest
import torch

from edgeft.manifests import Decoding
from edgeft.runtime.outputs import Outputs
from edgeft.tasks.multi_label import MultiLabel
from edgeft.tasks.multi_label.losses import binary_cross_entropy, soft_binary_cross_entropy
from edgeft.tasks.multi_label.metrics import difference_interval, score
from edgeft.tasks.multi_label.thresholds import best, thresholds

TRUTH = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], np.float32)
LOGITS = np.array([[2, -1], [1, 3], [1, -2], [-1, -1]], np.float32)


def test_f1_is_that_of_a_hand() -> None:
    found = score(TRUTH, LOGITS, ["a", "b"])
    # a: 2 right, 3 answered, 2 true; b: 1 right, 1 answered, 2 true; rows 0 and 1 are all right
    assert found.metrics["micro_f1"] == pytest.approx(2 * 3 / (4 + 4))
    assert found.metrics["macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert found.metrics["exact_match"] == 0.5
    assert found.per_class[0] == {
        "label": "a",
        "precision": pytest.approx(2 / 3),
        "recall": 1.0,
        "f1": pytest.approx(0.8),
        "support": 2,
    }
    low, high = found.intervals["micro_f1"]
    assert 0 <= low <= 0.75 <= high <= 1


def test_the_difference_of_a_model_from_itself_is_none() -> None:
    assert difference_interval(TRUTH, LOGITS, LOGITS, "micro_f1") == (0.0, 0.0)
    low, high = difference_interval(TRUTH, LOGITS, 1 - 2 * TRUTH, "micro_f1")
    assert 0 <= low < high


def test_a_threshold_lies_between_the_probabilities_that_it_parts() -> None:
    chances = np.array([0.9, 0.3, 0.28, 0.25, 0.22, 0.1])
    assert best(np.array([1, 1, 1, 1, 1, 0], bool), chances) == pytest.approx(0.16)


def test_a_label_of_few_rows_keeps_one_half() -> None:
    assert thresholds(TRUTH, LOGITS) == [0.5, 0.5]


def test_outputs_are_read_by_their_thresholds() -> None:
    outputs = Outputs(np.array([[0.0, math.log(3)]], np.float32))  # probabilities 0.5 and 0.75
    decoding = Decoding(function="sigmoid", thresholds=[0.6, 0.7])
    found = MultiLabel().decided(outputs, decoding).values
    assert (found >= 0).tolist() == [[False, True]]


def test_the_loss_is_the_surprise_at_every_label() -> None:
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    truth = torch.tensor([[1.0, 0.0], [math.nan, math.nan]])
    expected = -math.log(0.75) - math.log(0.5)
    assert binary_cross_entropy(logits, truth).item() == pytest.approx(expected)
    half = binary_cross_entropy(logits, truth, torch.tensor([0.5, 1.0]))
    assert half.item() == pytest.approx(expected / 2)
    nothing = binary_cross_entropy(logits[1:], truth[1:])
    assert nothing.item() == 0.0


def test_the_soft_loss_is_the_divergence_of_every_label() -> None:
    student, teacher = torch.zeros(1, 1), torch.tensor([[math.log(3)]])
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert soft_binary_cross_entropy(student, teacher, 1.0).item() == pytest.approx(expected)
    assert soft_binary_cross_entropy(teacher, teacher, 3.0).item() == pytest.approx(0, abs=1e-6)
