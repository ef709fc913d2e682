"""A batch in pieces of like length: what is said of its rows, and learnt from them, stays."""

from typing import Any

import pytest
import torch

from edgeft.artifacts import Checkpoint
from edgeft.tasks.text_classification import TextClassification
from edgeft.training.pieces import ROWS, passed, pieces_of

LENGTHS = [3, 40, 5, 4, 7, 6, 9, 8] * 5


def mask_of(lengths: list[int]) -> torch.Tensor:
    return (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()


def test_pieces_hold_rows_of_like_length_and_each_row_once() -> None:
    parts = pieces_of(mask_of(LENGTHS))
    assert [(len(rows), longest) for rows, longest in parts] == [(16, 40), (16, 7), (8, 4)]
    assert sorted(torch.cat([rows for rows, _ in parts]).tolist()) == list(range(40))
    for rows, longest in parts:
        assert max(LENGTHS[row] for row in rows.tolist()) == longest


def test_a_hidden_token_shortens_no_row() -> None:
    mask = mask_of(LENGTHS)
    mask[:, 1:3] = 0
    assert [longest for _, longest in pieces_of(mask)] == [40, 7, 4]


@pytest.mark.parametrize(
    "mask",
    [
        mask_of(LENGTHS).flip(1),  # padded on the left
        mask_of(LENGTHS[:ROWS]),  # too few rows
        mask_of([10, 9] * 20),  # hardly any padding
    ],
)
def test_no_pieces_where_they_cannot_be_or_spare_too_little(mask: torch.Tensor) -> None:
    assert pieces_of(mask) == []


def test_a_model_says_and_learns_the_same(each_tiny_checkpoint: Checkpoint) -> None:
    model = TextClassification().load_model(each_tiny_checkpoint.path).eval()  # no dropout
    mask = mask_of(LENGTHS)
    drawn = torch.Generator().manual_seed(0)
    ids = torch.randint(5, 30, mask.shape, generator=drawn).where(mask.bool(), 0)
    if model.config.pad_token_id is not None:
        ids = ids.where(mask.bool(), model.config.pad_token_id)
    inputs = {"input_ids": ids, "attention_mask": mask}

    def of(pieces: bool) -> tuple[Any, torch.Tensor]:
        model.zero_grad()
        outputs = passed(model, inputs, {"output_hidden_states": True}, pieces=pieces)
        seen = outputs.hidden_states[-1] * mask[:, :, None]
        (outputs.logits.square().mean() + seen.square().mean()).backward()
        return outputs, torch.cat(
            [each.grad.flatten() for each in model.parameters() if each.grad is not None]
        )

    whole, gradients = of(pieces=False)
    parts, same = of(pieces=True)
    torch.testing.assert_close(parts.logits, whole.logits, atol=1e-5, rtol=1e-4)
    assert len(parts.hidden_states) == len(whole.hidden_states)
    for one, other in zip(parts.hidden_states, whole.hidden_states, strict=True):
        torch.testing.assert_close(
            one * mask[:, :, None], other * mask[:, :, None], atol=1e-5, rtol=1e-4
        )
    torch.testing.assert_close(same, gradients, atol=1e-5, rtol=1e-3)
