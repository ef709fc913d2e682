"""Models of a smaller hidden width."""

import pytest
import torch
from random_models import logits_of, model_of

from edgeft.errors import ModelError
from edgeft.surgery.attentions import attentions
from edgeft.surgery.width import with_width
from edgeft.tasks.text_classification.head import load_model

IDS = torch.tensor([[5, 6, 7, 8, 9], [9, 8, 7, 6, 5]])
READ = {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}
FIRST_HEAD = [torch.tensor([1.0, 0.0])] * 4
EVEN = torch.arange(32) % 2 == 0


def test_each_family_computes_with_what_is_kept(each_tiny_base):
    model = load_model(each_tiny_base, ["a", "b"]).eval()
    small = with_width(model, 16, EVEN.float(), FIRST_HEAD).eval()
    assert small.config.hidden_size == 16
    assert small.config.num_attention_heads == 1
    assert small(**READ).logits.shape == (2, 2)
    for before, after in zip(attentions(model), attentions(small), strict=True):
        out, found = (each.get_submodule(before.out).weight for each in (model, small))
        torch.testing.assert_close(found, out[EVEN][:, :16])
        into, found = (each.get_submodule(after.into[0]).weight for each in (model, small))
        if len(after.into) == 1:
            expected = torch.cat([into[start : start + 16] for start in (0, 32, 64)])[:, EVEN]
        else:
            expected = into[:16][:, EVEN]
        torch.testing.assert_close(found, expected)


def test_dimensions_and_heads_that_do_nothing_can_go(make_tiny_base):
    # without the mean of its layer norms, a BERT of half its dimensions at 0 is one of half the
    # width; twice the same dimensions have the same mean and variance as once
    model = load_model(make_tiny_base("bert"), ["a", "b"]).eval()
    state = model.state_dict()
    for key, tensor in state.items():
        into_hidden = key.endswith(
            ("embeddings.weight", "output.dense.weight", "pooler.dense.weight")
        )
        if "LayerNorm" in key or (into_hidden or key.endswith("output.dense.bias")):
            axis = 1 if "embeddings.weight" in key else 0
            if tensor.shape[axis] == 32:
                odd = torch.arange(1, 32, 2)
                tensor.index_copy_(axis, odd, tensor.index_select(axis, odd - 1))
        reads_hidden = key.endswith(
            ("query.weight", "key.weight", "value.weight", "intermediate.dense.weight")
        )
        if reads_hidden or key in ("bert.pooler.dense.weight", "classifier.weight"):
            tensor[:, 1::2] = 0
        if key.endswith("attention.output.dense.weight"):
            tensor[:, 16:] = 0  # the second head
    model.load_state_dict(state)
    small = with_width(model, 16, EVEN.float(), FIRST_HEAD).eval()
    torch.testing.assert_close(small(**READ).logits, model(**READ).logits)


def test_layers_that_share_biases_of_heads_keep_the_same_heads():
    model = model_of("mpnet")
    second, first = torch.tensor([0.1, 0.9]), torch.tensor([6.0, 4.0])
    small = with_width(model, 16, EVEN.float(), [second, second, first, first])
    bias, found = (each.mpnet.encoder.relative_attention_bias.weight for each in (model, small))
    torch.testing.assert_close(found, bias[:, 1:])
    for each in attentions(model):
        out, found = (of.get_submodule(each.out).weight for of in (model, small))
        torch.testing.assert_close(found, out[EVEN][:, 16:])
    assert logits_of(small).shape == (3, 5)


@pytest.mark.parametrize("size", [0, 24, 48])
def test_a_width_that_heads_do_not_fit_is_refused(tiny_base, size):
    model = load_model(tiny_base, ["a", "b"])
    with pytest.raises(ModelError, match=f"width: {size} of a hidden width of 32") as caught:
        with_width(model, size, EVEN.float(), FIRST_HEAD)
    assert caught.value.hint == "take a multiple of 16, the width of a head, up to 32"
