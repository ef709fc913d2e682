"""F1, thresholds and losses of several labels, against values computed by hand."""

import math

import numpy as np
import pytest
import torch

from edgeft.manifests import Decoding
from edgeft.runtime.outputs import Outputs
from edgeft.tasks.multi_label import MultiLabel
from edgeft.tasks.multi_label.calibration import temperature
from edgeft.tasks.multi_label.losses import binary_cross_entropy, soft_binary_cross_entropy
from edgeft.tasks.multi_label.metrics import difference_interval, score
from edgeft.tasks.multi_label.thresholds import DOUBT, best, drawn, thresholds

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


def test_a_threshold_of_few_rows_in_all_is_one_half() -> None:
    assert thresholds(TRUTH, LOGITS) == [0.5, 0.5]


@pytest.mark.parametrize("known", [0.2, 0.5])
@pytest.mark.parametrize(("rows", "share"), [(4, 0), (5, 0.2), (DOUBT, 0.5), (10**5, 1)])
def test_the_threshold_of_few_rows_is_drawn_towards_a_known_one(
    known: float, rows: int, share: float
) -> None:
    chances = np.array([0.15] * rows + [0.05] * rows)
    holds = np.arange(2 * rows) < rows
    whole = math.log(best(holds, chances) / (1 - best(holds, chances)))
    before = math.log(known / (1 - known))
    found = drawn(known, holds, chances)
    assert math.log(found / (1 - found)) == pytest.approx(
        before + share * (whole - before), abs=1e-3
    )


def test_a_label_of_few_rows_takes_part_in_the_threshold_of_all() -> None:
    """A model that has learnt little holds nothing probable: 0.5 would find no label at all."""
    truth, logits = np.zeros((200, 3)), np.full((200, 3), -4.0)
    for place, count in enumerate((100, 90, 3)):  # of the last one too few to say anything
        truth[:count, place], logits[:count, place] = 1, -2.0
    first, second, rare = thresholds(truth, logits)
    assert max(first, second, rare) < 1 / (1 + math.exp(2))
    assert first == pytest.approx(second, abs=0.01) and first < rare < 0.5


def test_outputs_are_read_by_their_thresholds() -> None:
    outputs = Outputs(np.array([[0.0, math.log(3)]], np.float32))  # probabilities 0.5 and 0.75
    decoding = Decoding(function="sigmoid", thresholds=[0.6, 0.7])
    found = MultiLabel().decided(outputs, decoding).values
    assert (found >= 0).tolist() == [[False, True]]


@pytest.fixture
def calibrated_rows() -> tuple[np.ndarray, np.ndarray]:
    """Logits that say how probable each label is, and labels drawn so, one row unanswered."""
    random = np.random.default_rng(0)
    logits = random.normal(scale=2, size=(2000, 3))
    truth = (random.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(float)
    truth[7] = math.nan
    return truth, logits


def test_probabilities_are_calibrated_before_thresholds_are_found_among_them(
    calibrated_rows,
) -> None:
    truth, logits = calibrated_rows
    task, names = MultiLabel(), ["a", "b", "c"]
    honest = task.calibrated(truth, Outputs(logits), names)
    boastful = task.calibrated(truth, Outputs(3 * logits), names)
    assert honest.temperature == pytest.approx(1, rel=0.1)
    assert boastful.temperature == pytest.approx(3 * honest.temperature, rel=0.01)
    assert boastful.thresholds == pytest.approx(honest.thresholds, abs=0.01)
    found = task.judged(truth, Outputs(3 * logits), boastful, names)
    assert found.calibration_error < 0.03
    assert found.metrics["micro_f1"] == pytest.approx(
        task.judged(truth, Outputs(logits), honest, names).metrics["micro_f1"], abs=0.01
    )
    # a decoding without a temperature, as bundles of before have it, is as sure as its logits
    before = boastful.model_copy(update={"temperature": 1.0})
    assert task.calibration_error(truth, Outputs(3 * logits), before, names) > 0.1


def test_the_calibration_error_is_the_gap_of_every_labels_probability() -> None:
    logits = np.log([[3.0, 3.0], [3.0, 3.0]])  # each holds with a probability of 0.75
    truth = np.array([[1, 0], [1, 0]], float)
    decoding = Decoding(function="sigmoid")
    found = MultiLabel().calibration_error(truth, Outputs(logits), decoding, ["a", "b"])
    assert found == pytest.approx(0.25)


def test_rows_without_a_mistake_do_not_tell_how_sure_is_too_sure(calibrated_rows) -> None:
    _, logits = calibrated_rows
    assert temperature((logits > 0).astype(float), logits) == 1


def test_a_few_rows_tell_no_temperature() -> None:
    assert MultiLabel().calibrated(TRUTH, Outputs(9 * LOGITS), ["a", "b"]).temperature == 1


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
