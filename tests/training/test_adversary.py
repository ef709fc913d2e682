"""Embeddings are moved up their gradient, by a share of their length, and in training alone."""

import pytest
import torch
from torch import nn

from edgeft.training.adversary import STEPS, Adversary

IDS = torch.tensor([[1, 2], [3, 0]])


@pytest.fixture
def embedding() -> nn.Embedding:
    torch.manual_seed(0)
    return nn.Embedding(4, 3)


def passed(embedding: nn.Embedding, direction: torch.Tensor) -> torch.Tensor:
    """A loss that is linear in what the embeddings give, so that its gradient is the direction."""
    found = embedding(IDS)
    (found * direction).sum().backward()
    return found.detach()


def test_a_step_goes_up_the_gradient_of_each_text(embedding: nn.Embedding) -> None:
    clean = embedding(IDS).detach()
    direction = torch.zeros(2, 2, 3)
    direction[0, 0, 0], direction[1, 1, 2] = 2.0, -5.0
    adversary = Adversary(embedding, "fgm", 0.5)
    with adversary.watching():
        assert torch.equal(passed(embedding, direction), clean)
        adversary.push()
        moved = passed(embedding, direction) - clean
    wanted = torch.zeros(2, 2, 3)
    wanted[0, 0, 0] = 0.5 * clean[0].norm()  # the gradient's size is left out, its sign is not
    wanted[1, 1, 2] = -0.5 * clean[1].norm()
    assert torch.allclose(moved, wanted, atol=1e-6)
    assert torch.equal(embedding(IDS), clean)


def test_steps_add_up_to_no_more_than_the_size(embedding: nn.Embedding) -> None:
    clean = embedding(IDS).detach()
    adversary = Adversary(embedding, "freelb", 0.1)
    generator = torch.Generator().manual_seed(1)
    with adversary.watching():
        for _ in range(1 + STEPS["freelb"]):
            passed(embedding, torch.randn(2, 2, 3, generator=generator))
            adversary.push()
        assert adversary.added is not None
        sizes = adversary.added.flatten(1).norm(dim=1)
    allowed = 0.1 * clean.flatten(1).norm(dim=1)
    assert (sizes <= allowed * 1.2).all()  # a share of the moved embeddings' length
    assert (sizes >= allowed * 0.3).all()


def test_embeddings_that_are_not_trained_are_moved_as_well(embedding: nn.Embedding) -> None:
    embedding.weight.requires_grad_(False)
    adversary = Adversary(embedding, "fgm", 0.5)
    with adversary.watching():
        clean = passed(embedding, torch.ones(2, 2, 3))
        adversary.push()
        assert not torch.equal(passed(embedding, torch.ones(2, 2, 3)), clean)
    assert embedding.weight.grad is None
