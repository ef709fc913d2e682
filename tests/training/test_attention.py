"""The attention that a training computes with, and that the model has it no longer."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.nn import functional
from trainings import run

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.attention import PLAIN, attending, quickest


@pytest.fixture
def fused(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens of each batch for which torch's fused attention was called."""
    found: list[int] = []
    compute = functional.scaled_dot_product_attention

    def watched(query: torch.Tensor, *parts: Any, **named: Any) -> torch.Tensor:
        found.append(query.shape[2])
        return compute(query, *parts, **named)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", watched)
    return found


@pytest.mark.parametrize(
    ("bf16", "cpu", "taken"),
    [(True, True, {9}), (False, True, {4, 9}), (True, False, {4, 9})],
)
def test_plain_products_are_for_short_texts_in_bf16_on_a_processor(
    tiny_base: Path,
    fused: list[int],
    monkeypatch: pytest.MonkeyPatch,
    bf16: bool,
    cpu: bool,
    taken: set[int],
) -> None:
    monkeypatch.setattr("edgeft.training.attention.SHORT", 4)
    model = load_model(tiny_base, ["a", "b"]).eval()
    args: Any = SimpleNamespace(bf16=bf16, use_cpu=cpu)

    def answers() -> list[torch.Tensor]:
        batches = [torch.full((2, length), 7) for length in (4, 9, 4)]
        return [model(input_ids=ids, attention_mask=ids // 7).logits for ids in batches]

    with quickest(model, args):
        found = answers()
    assert set(fused) == taken
    torch.testing.assert_close(found, answers())
    assert set(fused) == {4, 9}


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_a_training_takes_the_quickest_and_gives_it_back(
    tiny_base: Path, tiny_dataset: Dataset, context: Context, fused: list[int], precision: str
) -> None:
    trained = run(tiny_base, tiny_dataset, context, epochs=1, precision=precision)
    assert bool(fused) == (precision == "fp32")
    assert trained.model.config._attn_implementation == "sdpa"


def test_models_attend_as_before_when_the_block_ends(each_tiny_base: Path) -> None:
    model = load_model(each_tiny_base, ["a", "b"])
    before = model.config._attn_implementation
    with pytest.raises(ZeroDivisionError), attending([model], PLAIN):
        assert model.config._attn_implementation == PLAIN
        raise ZeroDivisionError
    assert model.config._attn_implementation == before
