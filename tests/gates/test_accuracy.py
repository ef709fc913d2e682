"""The accuracy gate: the drop, its paired interval, and what passes."""

import numpy as np
import pytest

from edgeft.errors import RecipeError
from edgeft.gates import GateResult
from edgeft.gates.accuracy import accuracy_gate
from edgeft.options import Gates
from edgeft.runtime.outputs import Outputs
from edgeft.tasks.text_classification import TextClassification

NAMES = ["a", "b"]
LABELS = np.array([0, 1] * 50)


def logits(answers: np.ndarray) -> Outputs:
    return Outputs(np.eye(2, dtype=np.float32)[answers])


def wrong_on(*rows: int) -> Outputs:
    answers = LABELS.copy()
    answers[list(rows)] = 1 - answers[list(rows)]
    return logits(answers)


def gate(reference: Outputs, candidate: Outputs, **gates: object) -> GateResult:
    return accuracy_gate(
        reference,
        candidate,
        LABELS,
        gates=Gates.model_validate(gates),
        task=TextClassification(),
        names=NAMES,
        step="quantize",
    )


def test_drop_of_exactly_what_is_allowed_passes() -> None:
    found = gate(wrong_on(0), wrong_on(0, 1), max_drop=0.01)
    assert (found.reference, found.candidate) == (0.99, 0.98)
    assert found.drop == pytest.approx(0.01)
    assert found.passed
    assert found.n == 100


def test_larger_drop_fails() -> None:
    found = gate(wrong_on(), wrong_on(0, 1, 2), max_drop=0.02)
    assert not found.passed
    assert found.allowed == 0.02


def test_gain_passes() -> None:
    found = gate(wrong_on(0, 1), wrong_on(), max_drop=0.0)
    assert found.drop == pytest.approx(-0.02)
    assert found.passed


def test_interval_is_paired() -> None:
    equal = gate(wrong_on(*range(30)), wrong_on(*range(30)))
    assert equal.interval == (0.0, 0.0)
    swapped = gate(wrong_on(*range(30)), wrong_on(*range(30, 60)))
    assert swapped.drop == 0.0
    assert swapped.interval[0] < -0.1 < 0.1 < swapped.interval[1]


def test_macro_f1_can_be_the_metric() -> None:
    found = gate(wrong_on(), wrong_on(1, 3, 5), metric="macro_f1", max_drop=0.05)
    # a: 50 right, 3 false; b: 47 right, 3 missed
    assert found.candidate == pytest.approx((100 / 103 + 94 / 97) / 2)
    assert found.interval[0] <= found.drop <= found.interval[1]


def test_metric_that_falls_when_things_get_better_is_turned_round() -> None:
    class Errors(TextClassification):
        metrics = {"accuracy": False}

    found = accuracy_gate(
        wrong_on(0),
        wrong_on(),
        LABELS,
        gates=Gates(max_drop=0.0),
        task=Errors(),
        names=NAMES,
        step="",
    )
    assert found.drop == pytest.approx(0.01)
    assert found.interval[0] <= found.drop <= found.interval[1]
    assert not found.passed


def test_unknown_metric_is_named() -> None:
    with pytest.raises(RecipeError, match="text-classification knows no metric 'auc'") as caught:
        gate(wrong_on(), wrong_on(), metric="auc")
    assert caught.value.hint == "it knows: accuracy, macro_f1"
