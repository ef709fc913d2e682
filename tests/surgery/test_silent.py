"""Silent heads: nothing comes of them, training leaves them so, and a model can do without them."""

import copy

import pytest
import torch
from random_models import MASK, TOKENS, logits_of, model_of
from torch.nn import functional
from transformers import AutoModelForSequenceClassification

from edgeft.surgery.attentions import attentions
from edgeft.surgery.heads import head_inputs, with_heads
from edgeft.surgery.silent import heard, without_silent

SILENCED = ("bert", "distilbert", "electra", "modernbert", "roberta")
SCORES = [torch.randn(4, generator=torch.Generator().manual_seed(layer)) for layer in range(4)]


@pytest.fixture(params=SILENCED)
def whole(request):
    """A model with four heads of eight dimensions."""
    name = "n_heads" if request.param == "distilbert" else "num_attention_heads"
    return model_of(request.param, **{name: 4})


def test_model_answers_as_the_whole_one_whose_other_heads_lead_nowhere(whole, tmp_path):
    before = logits_of(whole)
    small = with_heads(whole, SCORES, 1)
    torch.testing.assert_close(logits_of(whole), before)  # the model is left alone
    modules, inputs = head_inputs(whole)
    with torch.no_grad():
        for module, scores in zip(modules, SCORES, strict=True):
            for head in scores.argsort()[:3]:
                module.weight[:, head * inputs : (head + 1) * inputs] = 0
    torch.testing.assert_close(logits_of(small), logits_of(whole))
    assert not torch.allclose(logits_of(small), before, atol=1e-3)
    small.save_pretrained(tmp_path)
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    torch.testing.assert_close(logits_of(loaded), logits_of(small))
    assert [each.tolist() for each in heard(loaded)] == [[int(each.argmax())] for each in SCORES]


def test_nothing_comes_of_taking_silent_heads_out(whole):
    small = with_heads(whole, SCORES, 2)
    cut = without_silent(copy.deepcopy(small))
    torch.testing.assert_close(logits_of(cut), logits_of(small))
    for each in attentions(cut):
        for name in each.into:
            assert len(cut.get_submodule(name).weight) == 16 * (3 if len(each.into) == 1 else 1)
        assert cut.get_submodule(each.out).weight.shape[1] == 16
    assert heard_counts(small) == [2] * 4


def test_training_leaves_silent_heads_silent(whole):
    small = with_heads(whole, SCORES, 2).train()
    optimizer = torch.optim.AdamW(small.parameters(), lr=0.01, weight_decay=0.1)
    before = [each.tolist() for each in heard(small)]
    for _ in range(3):
        logits = small(input_ids=TOKENS, attention_mask=MASK).logits
        functional.cross_entropy(logits, torch.tensor([0, 1, 2])).backward()
        optimizer.step()
        optimizer.zero_grad()
    assert [each.tolist() for each in heard(small)] == before
    torch.testing.assert_close(logits_of(without_silent(copy.deepcopy(small))), logits_of(small))


def test_a_layer_keeps_one_head_where_all_are_silent(whole):
    for each in attentions(whole)[:1]:
        torch.nn.init.zeros_(whole.get_submodule(each.out).weight)
    before = logits_of(whole)
    cut = without_silent(whole)
    torch.testing.assert_close(logits_of(cut), before)
    assert heard_counts(cut)[0] == 1


def test_a_model_without_silent_heads_is_left_as_it_is(whole):
    state = copy.deepcopy(whole.state_dict())
    without_silent(whole).load_state_dict(state, strict=True)


def heard_counts(model) -> list[int]:
    return [len(each) for each in heard(model)]
