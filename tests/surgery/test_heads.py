"""Attention heads: removed where a configuration can say so, or refused."""

import pytest
import torch
from random_models import MASK, TOKENS, logits_of, model_of
from torch.nn import functional
from transformers import AutoModelForSequenceClassification

from edgeft.errors import ModelError
from edgeft.surgery.heads import head_inputs, heads_of, with_heads
from edgeft.surgery.importance import input_importance

HEADS = {"num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 8}
GROUPS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}


@pytest.mark.parametrize("heads", [HEADS, GROUPS], ids=["heads", "groups"])
@pytest.mark.parametrize("bias", [False, True])
def test_model_answers_as_the_whole_one_with_those_heads_silenced(heads, bias, tmp_path):
    model = model_of("eurobert", **heads, attention_bias=bias)
    whole = logits_of(model)
    count = heads["num_key_value_heads"]
    scores = [torch.randn(count, generator=torch.Generator().manual_seed(n)) for n in range(4)]
    small = with_heads(model, scores, count // 2)
    torch.testing.assert_close(logits_of(model), whole)  # the model is left alone
    modules, inputs = head_inputs(model)
    for module, found in zip(modules, scores, strict=True):
        with torch.no_grad():
            for head in found.argsort()[: count // 2]:
                module.weight[:, head * inputs : (head + 1) * inputs] = 0
    torch.testing.assert_close(logits_of(small), logits_of(model))
    assert not torch.allclose(logits_of(small), whole, atol=1e-3)
    small.save_pretrained(tmp_path)
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert heads_of(loaded) == count // 2
    torch.testing.assert_close(logits_of(loaded), logits_of(small))


def test_importance_of_a_head_is_the_gradient_of_a_gate_on_it():
    """Michel et al.: a head's output times a gate of 1, and the loss's derivative by that gate."""
    model = model_of("eurobert", **HEADS)
    ids, mask, labels = TOKENS[:1], MASK[:1], torch.tensor([2])

    def losses(logits, batch):
        return functional.cross_entropy(logits, batch["labels"], reduction="none")

    batch = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    modules, inputs = head_inputs(model)
    found = input_importance(model, modules, [batch], losses, group=inputs)
    gates = torch.ones(4, 4, requires_grad=True)  # (layers, heads)
    for place, module in enumerate(modules):
        module.register_forward_pre_hook(
            lambda _, given, place=place: (given[0] * gates[place].repeat_interleave(inputs),)
        )
    model.eval()
    losses(model(ids, mask).logits, batch).sum().backward()
    torch.testing.assert_close(torch.stack(found), gates.grad.abs(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("architecture", ["deberta-v2", "mpnet"])
def test_a_model_whose_attention_counts_on_all_heads_is_refused(architecture):
    with pytest.raises(ModelError, match="cannot lose heads") as caught:
        with_heads(model_of(architecture), torch.ones(4, 2), 1)
    assert caught.value.hint == (
        "leave `heads` or `attention_heads` out, and remove neurons or layers, or make a narrower"
        " student: distill: {width: N} takes heads and dimensions together"
    )


def test_a_count_that_the_configuration_refuses_is_said_so():
    with pytest.raises(ModelError, match="3 of 4 attention heads in each layer cannot be: The hid"):
        with_heads(model_of("eurobert", **HEADS), torch.ones(4, 4), 3)


@pytest.mark.parametrize("size", [0, 5])
def test_impossible_count_is_refused(size):
    with pytest.raises(ModelError, match=f"{size} of 4 attention heads"):
        with_heads(model_of("eurobert", **HEADS), torch.ones(4, 4), size)
