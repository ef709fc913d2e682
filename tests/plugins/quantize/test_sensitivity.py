"""Operators that cost accuracy are found, and layers that cost nothing are not taken apart."""

import numpy as np
import pytest

from edgeft.quantization.nodes import WeightNode
from edgeft.tasks.text_classification.metrics import divergence
from edgeft_quantize.sensitivity import sensitivity

NODES = [
    WeightNode("/words/Gather", "Gather", 100, 32),
    WeightNode("/layer.0/in/MatMul", "MatMul", 32, 64),
    WeightNode("/layer.0/out/MatMul", "MatMul", 64, 32),
    WeightNode("/layer.1/in/MatMul", "MatMul", 32, 64),
    WeightNode("/layer.1/out/MatMul", "MatMul", 64, 32),
    WeightNode("/classifier/Gemm", "Gemm", 32, 3),
]
SHIFTS = {
    "/layer.0/in/MatMul": 1.0,
    "/layer.0/out/MatMul": 0.1,
    "/classifier/Gemm": 0.3,
    "/layer.1/in/MatMul": 0.01,
}
"""how much each node moves the first logit"""


def test_divergence_is_that_of_a_hand() -> None:
    reference = np.log(np.array([[0.5, 0.5], [0.9, 0.1]]))
    candidate = np.log(np.array([[0.25, 0.75], [0.9, 0.1]])) + 7  # a shift changes nothing
    by_hand = 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)
    assert divergence(reference, candidate) == pytest.approx((by_hand + 0) / 2)


def test_costliest_come_first_and_layers_that_cost_nothing_stay_whole() -> None:
    measured: list[tuple[str, ...]] = []

    def moved(names: tuple[str, ...]) -> float:
        measured.append(names)
        moved = np.array([[sum(SHIFTS.get(name, 0.0) for name in names), 0.0]])
        return divergence(np.zeros((1, 2)), moved)

    found = sensitivity(NODES, moved)
    assert [each.module for each in found] == [
        "layer.0.in", "classifier", "layer.0.out", "layer.1", "words",
    ]  # fmt: skip
    assert [len(each.nodes) for each in found] == [1, 1, 1, 2, 1]
    assert len(measured) == 4 + 2
    # two equal logits, one moved by x: log((1 + e^x) / 2) - x / 2
    assert found[1].divergence == pytest.approx(np.log((1 + np.exp(0.3)) / 2) - 0.15)
