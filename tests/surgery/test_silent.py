"""Silent heads: nothing comes of them, training leaves them so, and a model can do without them."""

import copy

import pytest
import torch
from random_models import MASK, SIZE, TOKENS, VOCABULARY, logits_of, model_of
from torch.nn import functional
from transformers import AutoConfig, AutoModelForSequenceClassification

from edgeft.errors import ModelError
from edgeft.surgery.attentions import attentions
from edgeft.surgery.heads import head_inputs, live_heads, with_heads
from edgeft.surgery.silent import heard, parameters_without_silent, without_silent

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
    assert (live_heads(whole), live_heads(small)) == (4, 2)
    assert parameters_without_silent(small) == sum(each.numel() for each in cut.parameters())


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


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("convbert", {"head_ratio": 2, "embedding_size": 16}),  # a convolution for half of them
        ("mobilebert", {"intra_bottleneck_size": 16, "true_hidden_size": 16, "embedding_size": 16}),
        ("big_bird", {"attention_type": "original_full"}),  # views its heads by the configuration
        ("megatron-bert", {}),
    ],
)
def test_attention_that_only_looks_like_that_of_bert_is_left_alone(kind, sizes):
    config = AutoConfig.for_model(kind, **SIZE, **VOCABULARY, num_hidden_layers=2, **sizes)
    model = AutoModelForSequenceClassification.from_config(config).eval()
    before = logits_of(model)
    torch.testing.assert_close(logits_of(without_silent(model)), before)
    assert parameters_without_silent(model) == model.num_parameters()
    with pytest.raises(ModelError):
        with_heads(model, torch.ones(2, 2), 1)


def heard_counts(model) -> list[int]:
    return [len(each) for each in heard(model)]
