"""The losses of what is computed on the way, against values computed by hand."""

import math

import pytest
import torch
from torch import tensor

from edgeft.distillation.feature_losses import (
    attention_divergence,
    attention_mse,
    hidden_loss,
    relation_loss,
    relations,
)

WHOLE = tensor([[True, True]])
CUT = tensor([[True, False]])


def test_hidden_loss_is_the_mean_square_over_real_tokens_and_width():
    student = tensor([[[1.0, 2.0], [3.0, 4.0]]])
    teacher = tensor([[[1.0, 0.0], [0.0, 4.0]]])
    assert hidden_loss(student, teacher, WHOLE).item() == pytest.approx((4 + 9) / 4)
    assert hidden_loss(student, teacher, CUT).item() == pytest.approx(4 / 2)


def test_hidden_loss_weighs_each_real_token_alike_whatever_its_text():
    student = torch.zeros(2, 2, 1)
    teacher = tensor([[[3.0], [3.0]], [[6.0], [100.0]]])
    mask = tensor([[True, True], [True, False]])
    assert hidden_loss(student, teacher, mask).item() == pytest.approx((9 + 9 + 36) / 3)


def test_attention_mse_is_the_mean_square_over_heads_and_pairs_of_real_tokens():
    student = tensor([[[[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]]]])  # two heads
    teacher = tensor([[[[0.5, 0.5], [0.0, 1.0]], [[0.1, 0.9], [0.5, 0.5]]]])
    expected = (1 + 1 + 0.16 + 0.16) / 8
    assert attention_mse(student, teacher, WHOLE).item() == pytest.approx(expected)
    assert attention_mse(student, teacher, CUT).item() == pytest.approx(0.16 / 2)


def test_attention_divergence_goes_from_the_teacher_to_the_student():
    student = tensor([[[[0.5, 0.5], [0.75, 0.25]]]])
    teacher = tensor([[[[0.75, 0.25], [0.75, 0.25]]]])
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert attention_divergence(student, teacher, WHOLE).item() == pytest.approx(expected / 2)
    assert attention_divergence(student, teacher, CUT).item() == pytest.approx(
        0.75 * math.log(0.75 / 0.5)
    )


def test_attention_outside_a_window_stays_finite():
    student = tensor([[[[1.0, 0.0], [0.0, 1.0]]]]).requires_grad_()
    loss = attention_divergence(student, torch.full((1, 1, 2, 2), 0.5), WHOLE)
    loss.backward()
    assert loss.isfinite()
    assert student.grad is not None
    assert student.grad.isfinite().all()


def test_relations_are_the_softmax_of_scaled_products():
    # products of [1, 0] and [0, 2] with each other: 1, 0 and 0, 4; the size of a head is 2
    vectors = tensor([[[1.0, 0.0], [0.0, 2.0]]])
    expected = torch.softmax(tensor([[1.0, 0.0], [0.0, 4.0]]) / math.sqrt(2), dim=-1)
    found = relations(vectors, WHOLE, heads=1).exp()
    torch.testing.assert_close(found, expected[:, None])


def test_each_relation_head_sees_its_own_part_of_the_width():
    vectors = tensor([[[1.0, 0.0], [1.0, 2.0]]])
    first, second = relations(vectors, WHOLE, heads=2).exp().unbind(1)  # (queries, keys) each
    torch.testing.assert_close(first, torch.full((2, 2), 0.5))
    torch.testing.assert_close(second[1], torch.softmax(tensor([0.0, 4.0]), dim=-1))


def test_relation_loss_is_the_divergence_from_the_teacher_whatever_the_widths():
    student = torch.zeros(1, 2, 4)  # relates every token to all alike
    teacher = tensor([[[0.0, 0.0], [0.0, math.sqrt(math.sqrt(2) * math.log(3))]]])
    # the second token's relations are softmax([0, ln 3]) = [1/4, 3/4]
    expected = (0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)) / 2
    assert relation_loss(student, teacher, WHOLE, 1).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("padded", [torch.zeros(1, 1, 4), torch.full((1, 1, 4), 50.0)])
def test_padding_changes_no_relation(padded):
    torch.manual_seed(0)
    student, teacher = torch.randn(2, 1, 3, 4).unbind(0)
    mask = torch.ones(1, 3, dtype=torch.bool)
    expected = relation_loss(student, teacher, mask, 2)
    found = relation_loss(
        torch.cat([student, padded], dim=1),
        torch.cat([teacher, -padded], dim=1),
        torch.cat([mask, tensor([[False]])], dim=1),
        2,
    )
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_student_that_computes_the_same_loses_nothing():
    torch.manual_seed(0)
    vectors = torch.randn(2, 5, 8)
    maps = torch.softmax(torch.randn(2, 3, 5, 5), dim=-1)
    mask = torch.arange(5) < tensor([[5], [3]])
    assert hidden_loss(vectors, vectors, mask).item() == 0
    assert attention_mse(maps, maps, mask).item() == 0
    assert attention_divergence(maps, maps, mask).item() == pytest.approx(0, abs=1e-6)
    assert relation_loss(vectors, vectors, mask, 2).item() == pytest.approx(0, abs=1e-6)
