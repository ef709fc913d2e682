"""A training in four bits looks for its steps anew, and goes on with them after an interruption."""

from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional
from trainings import Interrupted

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.quantization.gptq import MOST
from edgeft.tasks.text_classification import TextClassification
from edgeft.training import saving
from edgeft.training.trainer import LengthTrainer
from edgeft_distill import four_bits
from edgeft_distill.fake_quantization import Roundings
from edgeft_distill.four_bits import FourBits, weights_in_four_bits
from edgeft_distill.qat import Qat, QatOptions
from edgeft_distill.rounding import (
    group_steps,
    rounded_activations,
    rounded_groups,
    rounded_rows,
)

STEPS = 20
WEIGHTS = "model.safetensors"


def test_products_are_rounded_as_they_are_asked_to_be(tiny_checkpoint: Checkpoint) -> None:
    model = TextClassification().load_model(tiny_checkpoint.path)
    weight = next(weights_in_four_bits(model))
    values = torch.randn(2, 5, weight.shape[1], generator=torch.Generator().manual_seed(0))
    found = []
    for products in ("int8", "int4"):
        options = QatOptions(products=products)
        with Roundings(model, narrow=False, options=options):
            found.append(functional.linear(values, weight))
    read = rounded_activations(values)
    assert torch.equal(found[0], functional.linear(read, rounded_rows(weight, 127)))
    four = rounded_groups(weight, group_steps(weight, MOST))
    assert torch.equal(found[1], functional.linear(read, four))


@pytest.mark.parametrize("seen", [True, False])
def test_an_interrupted_training_ends_as_if_nothing_had_happened(
    seen: bool,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(four_bits, "EVERY", 4)
    monkeypatch.setattr(saving, "EVERY", 0.0)
    options = QatOptions(
        steps=STEPS, learning_rate=3e-3, batch_size=8, products="int4", reduce_range=False
    )

    def trained(name: str) -> dict[str, torch.Tensor]:
        here = context.at(context.out.with_name(name), fingerprint="the same")
        return load_file(Qat(options, here).run(tiny_checkpoint, tiny_dataset).path / WEIGHTS)

    whole = trained("whole")
    step, steps = LengthTrainer.training_step, []

    def interrupted(self: LengthTrainer, *parts: Any, **named: Any) -> torch.Tensor:
        steps.append(self.state.global_step)
        if steps[-1] == 11:
            raise Interrupted
        return step(self, *parts, **named)

    with monkeypatch.context() as patched:
        patched.setattr(LengthTrainer, "training_step", interrupted)
        with pytest.raises(Interrupted):
            trained("made")
    if not seen:  # what would become of it without what is saved
        monkeypatch.setattr(FourBits, "on_train_begin", lambda *_, **__: None)
    resumed = trained("made")
    same = all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert same is seen
