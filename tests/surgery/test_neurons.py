"""Feed-forward neurons: scored by hand-computed gradients, removed on every architecture."""

import pytest
import torch
from random_models import ARCHITECTURES, MASK, TOKENS, logits_of, model_of
from torch.nn import functional
from transformers import AutoModelForSequenceClassification

from edgeft.errors import ModelError
from edgeft.surgery.importance import input_importance
from edgeft.surgery.neurons import feed_forwards, narrowed, neurons_of

WIDTH = 48
KEPT = 20


def batch() -> dict[str, torch.Tensor]:
    return {
        "input_ids": TOKENS,
        "attention_mask": MASK,
        "labels": torch.tensor([0, 3, 1]),
    }


def text_losses(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    return functional.cross_entropy(logits, batch["labels"], reduction="none")


def scores_of(model) -> list[torch.Tensor]:
    outs = [model.get_submodule(each.out) for each in feed_forwards(model)]
    return input_importance(model, outs, [batch()], text_losses)


def silence(model, dropped: list[torch.Tensor]) -> None:
    """The same cut made by hand: nothing leads away from the dropped neurons."""
    for each, places in zip(feed_forwards(model), dropped, strict=True):
        with torch.no_grad():
            model.get_submodule(each.out).weight[:, places] = 0


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, "eurobert"])
def test_narrow_model_answers_as_the_wide_one_without_those_neurons(architecture, tmp_path):
    model = model_of(architecture)
    whole = logits_of(model)
    scores = [torch.randn(WIDTH) for _ in feed_forwards(model)]
    small = narrowed(model, scores, KEPT)
    torch.testing.assert_close(logits_of(model), whole)  # the model is left alone
    silence(model, [found.argsort()[: WIDTH - KEPT] for found in scores])
    torch.testing.assert_close(logits_of(small), logits_of(model))
    small.save_pretrained(tmp_path)
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert neurons_of(loaded) == KEPT
    torch.testing.assert_close(logits_of(loaded), logits_of(small))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_importance_is_the_gradient_along_a_neurons_own_weights(architecture):
    """For one text, a * dL/da summed over tokens is w * dL/dw summed over what leaves a neuron."""
    model = model_of(architecture)
    one = {name: tensor[:1] for name, tensor in batch().items()}
    outs = [model.get_submodule(each.out) for each in feed_forwards(model)]
    found = input_importance(model, outs, [one], text_losses)
    model.eval()
    text_losses(model(one["input_ids"], one["attention_mask"]).logits, one).sum().backward()
    expected = [(out.weight * out.weight.grad).sum(0).abs().detach() for out in outs]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_importance_is_the_mean_over_the_texts_however_they_are_batched():
    model = model_of("bert")
    together = scores_of(model)
    outs = [model.get_submodule(each.out) for each in feed_forwards(model)]
    apart = [{name: tensor[row : row + 1] for name, tensor in batch().items()} for row in range(3)]
    torch.testing.assert_close(
        input_importance(model, outs, apart, text_losses), together, rtol=1e-4, atol=1e-6
    )


def test_importance_leaves_the_model_as_it_was():
    model = model_of("bert").train()
    model.classifier.weight.requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    scores_of(model)
    assert model.training
    assert not model.classifier.weight.requires_grad
    assert model.classifier.bias.requires_grad
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_pre_hooks for module in model.modules())
    torch.testing.assert_close(dict(model.state_dict()), before)


def test_important_neurons_are_the_ones_to_keep():
    """Cutting the least important half moves the logits less than cutting the most important."""
    model = model_of("bert")
    whole, scores = logits_of(model), scores_of(model)
    worst = [-found for found in scores]
    kept, lost = narrowed(model, scores, WIDTH // 2), narrowed(model, worst, WIDTH // 2)
    assert (logits_of(kept) - whole).norm() < 0.7 * (logits_of(lost) - whole).norm()


@pytest.mark.parametrize("size", [0, WIDTH + 1])
def test_impossible_width_is_refused(size):
    model = model_of("bert")
    with pytest.raises(ModelError, match=f"neurons: {size} of {WIDTH}") as caught:
        narrowed(model, torch.zeros(4, WIDTH), size)
    assert caught.value.hint == f"take 1 to {WIDTH}"


def test_a_model_without_known_feed_forwards_is_refused():
    model = model_of("bert")
    model.bert.encoder.layer[2].output.dense = torch.nn.Identity()
    with pytest.raises(ModelError, match="no feed-forward networks of a known kind"):
        feed_forwards(model)
