"""Vectors of one label are drawn together, and others apart."""

import math

import pytest
import torch

from edgeft.tasks.contrast import contrastive_loss


def test_the_contrastive_loss_by_hand() -> None:
    vectors = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]])
    labels = torch.tensor([0, 0, 1])
    # cosines: 1 between the first two, 0 with the third, which has no positive; temperature 0.5
    each = -math.log(math.exp(2) / (math.exp(2) + math.exp(0)))
    assert contrastive_loss(vectors, labels, 0.5).item() == pytest.approx(each, rel=1e-5)


def test_a_batch_without_a_pair_teaches_nothing() -> None:
    vectors = torch.eye(3, requires_grad=True)
    loss = contrastive_loss(vectors, torch.tensor([0, 1, 2]), 0.1)
    loss.backward()
    assert loss.item() == 0
    assert vectors.grad is not None and not vectors.grad.any()
