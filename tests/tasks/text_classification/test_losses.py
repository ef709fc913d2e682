"""The losses against values computed by hand."""

import math

import pytest
import torch

from edgeft.tasks import UNLABELLED
from edgeft.tasks.text_classification.losses import cross_entropy, soft_cross_entropy

# softmax of [ln 3, 0] is [3/4, 1/4], of [0, 0] is [1/2, 1/2]
CERTAIN = torch.tensor([[math.log(3.0), 0.0]])
UNSURE = torch.zeros(1, 2)


def test_soft_cross_entropy_is_the_divergence_from_the_teacher():
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert soft_cross_entropy(UNSURE, CERTAIN, 1.0).item() == pytest.approx(expected)


def test_soft_cross_entropy_measures_from_the_teacher_to_the_student():
    expected = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert soft_cross_entropy(CERTAIN, UNSURE, 1.0).item() == pytest.approx(expected)


def test_temperature_softens_both_and_keeps_the_scale():
    at_one = soft_cross_entropy(UNSURE, CERTAIN, 1.0)
    at_two = soft_cross_entropy(UNSURE, 2 * CERTAIN, 2.0)
    assert at_two.item() == pytest.approx(4 * at_one.item())


def test_soft_cross_entropy_is_the_mean_over_the_rows():
    one = soft_cross_entropy(UNSURE, CERTAIN, 2.0)
    both = soft_cross_entropy(UNSURE.repeat(2, 1), torch.cat([CERTAIN, UNSURE]), 2.0)
    assert both.item() == pytest.approx(one.item() / 2)


def test_a_student_that_answers_as_its_teacher_loses_nothing():
    assert soft_cross_entropy(CERTAIN + 7, CERTAIN, 3.0).item() == pytest.approx(0.0, abs=1e-6)


def test_gradient_pulls_the_student_towards_its_teacher():
    student = UNSURE.clone().requires_grad_()
    soft_cross_entropy(student, CERTAIN, 1.0).backward()
    assert student.grad is not None
    torch.testing.assert_close(student.grad, torch.tensor([[-0.25, 0.25]]))


def test_losses_of_half_precision_logits_are_computed_in_single_precision():
    half = CERTAIN.to(torch.bfloat16)
    assert soft_cross_entropy(half, CERTAIN, 2.0).dtype == torch.float32
    assert cross_entropy(half, torch.tensor([0])).dtype == torch.float32


def test_cross_entropy_is_the_surprise_at_the_true_label():
    logits = torch.cat([CERTAIN, CERTAIN])
    expected = -(math.log(0.75) + math.log(0.25)) / 2
    assert cross_entropy(logits, torch.tensor([0, 1])).item() == pytest.approx(expected)


def test_rows_without_a_label_do_not_count():
    logits = torch.cat([CERTAIN, UNSURE])
    loss = cross_entropy(logits, torch.tensor([0, UNLABELLED]))
    assert loss.item() == pytest.approx(-math.log(0.75))


def test_a_batch_without_any_label_costs_nothing():
    assert cross_entropy(CERTAIN, torch.tensor([UNLABELLED])).item() == 0.0


def test_rows_count_by_their_weights():
    logits = torch.cat([CERTAIN, UNSURE, UNSURE])
    labels = torch.tensor([0, 0, UNLABELLED])
    found = cross_entropy(logits, labels, torch.tensor([0.5, 1.0, 1.0]))
    assert found.item() == pytest.approx(-(0.5 * math.log(0.75) + math.log(0.5)) / 2)
    even = cross_entropy(logits, labels, torch.ones(3))
    assert even.item() == pytest.approx(cross_entropy(logits, labels).item())
