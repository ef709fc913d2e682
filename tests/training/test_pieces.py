"""A batch in pieces of like length: what is said of its rows, and learnt from them, stays."""

from pathlib import Path
from typing import Any

import pytest
import torch

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.registry import Registry
from edgeft.tasks.text_classification import TextClassification
from edgeft.training import trainer
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
    ids = torch.randint(5, 30, mask.shape, generator=drawn)
    ids = ids.where(mask.bool(), model.config.pad_token_id or 0)
    shapes: list[tuple[int, ...]] = []
    model.register_forward_pre_hook(
        lambda _, args, given: shapes.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )

    def of(pieces: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        model.zero_grad()
        outputs = passed(
            model,
            {"input_ids": ids, "attention_mask": mask},
            {"output_hidden_states": True},
            pieces=pieces,
        )
        last = outputs.hidden_states[-1] * mask[:, :, None]
        (outputs.logits.square().mean() + last.square().mean()).backward()
        gradients = [each.grad.flatten() for each in model.parameters() if each.grad is not None]
        return outputs.logits, last, torch.cat(gradients)

    whole = of(pieces=False)
    parts = of(pieces=True)
    assert shapes == [(40, 40), (16, 40), (16, 7), (8, 4)]
    for one, other in zip(parts, whole, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize(
    ("options", "in_pieces"),
    [({}, True), ({"mixup": 0.2}, False), ({"adversarial": "fgm"}, False), ({"r_drop": 1}, True)],
)
def test_full_takes_pieces_where_a_row_meets_no_other(
    options: dict[str, Any],
    in_pieces: bool,
    tiny_base: Path,
    tiny_dataset: Dataset,
    registry: Registry,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: set[tuple[bool, bool]] = set()

    def watched(model: Any, inputs: Any, asks: Any, *, pieces: bool) -> Any:
        asked.add((model.training, pieces))
        return passed(model, inputs, asks, pieces=pieces)

    monkeypatch.setattr(trainer, "passed", watched)
    given = registry.options("finetune", "full", {"epochs": 1, "pooling": "mean", **options})
    registry.step("finetune", "full")(given, context).run(tiny_base, tiny_dataset)
    assert asked == {(True, in_pieces), (False, False)}
