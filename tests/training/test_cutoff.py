"""Tokens that a model is not shown: a share of them, never its first or last, others each time."""

import torch

from edgeft.training.cutoff import cut_off


def test_a_share_of_the_tokens_is_hidden_and_the_edges_and_padding_stay() -> None:
    torch.manual_seed(0)
    mask = torch.ones(200, 12, dtype=torch.int64)
    mask[:, 9:] = 0  # padded on the right
    mask[100:] = mask[100:].flip(1)  # and on the left
    ids = torch.arange(12).repeat(200, 1)
    found = cut_off({"input_ids": ids, "attention_mask": mask}, 0.25)
    shown = found["attention_mask"]
    assert found["input_ids"] is ids
    assert shown.dtype == mask.dtype
    assert (shown[:100, [0, 8]] == 1).all()
    assert (shown[100:, [3, 11]] == 1).all()
    assert (shown <= mask).all()
    assert 0.7 < shown[:100, 1:8].float().mean() < 0.8
    assert not torch.equal(shown, cut_off({"attention_mask": mask}, 0.25)["attention_mask"])
    assert (mask.sum(1) == 9).all()  # what was given is as it was


def test_nothing_is_hidden_where_no_share_is() -> None:
    mask = torch.ones(3, 5, dtype=torch.int64)
    assert torch.equal(cut_off({"attention_mask": mask}, 0.0)["attention_mask"], mask)
