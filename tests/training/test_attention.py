"""The attention that a training computes with, and that the model has it no longer."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from torch.nn import functional
from trainings import run

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.attention import PLAIN, SHORT, attending, quick


@pytest.mark.parametrize(
    ("bf16", "cpu", "longest", "way"),
    [
        (True, True, SHORT, PLAIN),
        (True, True, SHORT + 1, "sdpa"),
        (False, True, SHORT, "sdpa"),
        (True, False, SHORT, "sdpa"),
    ],
)
def test_plain_products_are_for_short_texts_in_bf16_on_a_processor(
    tiny_base: Path, bf16: bool, cpu: bool, longest: int, way: str
) -> None:
    args: Any = SimpleNamespace(bf16=bf16, use_cpu=cpu)
    assert quick(load_model(tiny_base, ["a", "b"]), args, longest) == way


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_a_training_takes_the_quick_one_and_gives_it_back(
    tiny_base: Path,
    tiny_dataset: Dataset,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
) -> None:
    fused: list[int] = []
    compute = functional.scaled_dot_product_attention

    def counted(*parts: Any, **named: Any) -> Any:
        fused.append(1)
        return compute(*parts, **named)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", counted)
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
