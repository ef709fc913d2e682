"""The head that knows labels by their directions alone."""

import numpy as np
import pytest
import torch
from torch import nn

from edgeft_finetune.cosines import CosineHead, with_cosines


@pytest.fixture
def vectors() -> torch.Tensor:
    return torch.randn(40, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def head() -> CosineHead:
    directions = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    return CosineHead(directions, scale=20.0)


def test_logits_are_cosines_times_scale(head, vectors):
    found = head(vectors).detach()
    for row, vector in zip(found, vectors, strict=True):
        for logit, label in zip(row, head.weight.detach(), strict=True):
            cosine = torch.cosine_similarity(vector, label, dim=0)
            assert float(logit) == pytest.approx(20 * float(cosine), abs=1e-4)


def test_no_label_gains_by_its_length(head, vectors):
    before = head(vectors)
    with torch.no_grad():
        head.weight[2] *= 100
    torch.testing.assert_close(head(vectors), before)


def test_the_linear_head_answers_the_same_and_is_as_sure_on_average(head, vectors):
    linear = head.linear(vectors.numpy())
    found, wanted = linear.logits(vectors.numpy()), head(vectors).detach().numpy()
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).all()
    lengths = np.linalg.norm(vectors.numpy(), axis=1, keepdims=True)
    np.testing.assert_allclose(found, wanted * lengths / lengths.mean(), rtol=1e-4, atol=1e-4)
    assert linear.weight.dtype == linear.bias.dtype == np.float32


def test_a_label_without_a_direction_begins_somewhere(vectors):
    head = CosineHead(torch.zeros(3, 8), scale=20.0)
    nn.functional.cross_entropy(head(vectors), torch.zeros(40, dtype=torch.long)).backward()
    assert head.weight.grad is not None
    assert 0 < float(head.weight.grad.norm()) < 1000  # of zeros it would be 1e12 or more


def test_a_model_gets_its_own_head_back():
    model = nn.Module()
    model.classifier = plain = nn.Linear(8, 5)
    with pytest.raises(KeyboardInterrupt), with_cosines(model, 20.0) as head:
        assert model.classifier is head
        torch.testing.assert_close(head.weight, plain.weight)
        raise KeyboardInterrupt
    assert model.classifier is plain
