"""What is seen of a model's insides, for each family."""

import torch
from torch.nn import functional

from edgeft.distillation.features import Relations, without_dropout
from edgeft.surgery.layers import depth_of
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.attention import PLAIN, attending

IDS = torch.tensor([[5, 6, 7, 8, 9], [9, 8, 7, 6, 5]])
READ = {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}


def test_queries_and_keys_give_the_attention_maps_of_their_layer(each_tiny_base, family):
    model = load_model(each_tiny_base, ["a", "b"]).eval()
    last = depth_of(model) - 1
    relations = Relations(model, last)
    with attending([model], PLAIN), torch.no_grad():
        maps = model(**READ, output_attentions=True).attentions[last]
    heads = model.config.num_attention_heads
    queries, keys, values = relations.vectors
    assert [each.shape[-1] for each in (queries, keys, values)] == relations.widths == [32, 32, 32]
    if family in ("deberta-v2", "modernbert"):  # positions have a say after the projections
        assert not torch.equal(queries, keys)
        return
    split = [each.unflatten(-1, (heads, -1)).transpose(1, 2) for each in (queries, keys)]
    scores = split[0] @ split[1].transpose(-1, -2) / split[0].shape[-1] ** 0.5
    torch.testing.assert_close(functional.softmax(scores, dim=-1), maps)


def test_nothing_is_watched_after_closing(tiny_base):
    model = load_model(tiny_base, ["a", "b"])
    relations = Relations(model, 0)
    relations.close()
    model(**READ)
    assert relations.seen == {}


def test_a_student_without_dropout_answers_alike_each_time_and_gets_it_back(each_tiny_base):
    model = load_model(each_tiny_base, ["a", "b"]).train()
    for module in model.modules():  # ModernBERT's rates are 0 by default
        for name in ("p", "attention_dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.3)
    with attending([model], PLAIN):
        with without_dropout(model):
            first, second = (model(**READ, output_attentions=True) for _ in range(2))
        torch.testing.assert_close(first.attentions[0], second.attentions[0], rtol=0, atol=0)
        assert torch.equal(first.logits, second.logits)
        assert not torch.equal(model(**READ).logits, first.logits)
