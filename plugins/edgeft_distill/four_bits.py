"""Weights that are in four bits while a model learns, in steps that are looked for every so often.

Looking for the steps of all weights takes as long as training on a batch does. They are kept with
what is saved of a training, for one that goes on to end as if it had not been interrupted.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import (
    PreTrainedModel,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from edgeft.processes import is_main
from edgeft.quantization.gptq import is_worth_four_bits
from edgeft.quantization.nodes import IN_A_LAYER
from edgeft_distill.rounding import group_steps, rounded_groups

EVERY = 50
"""steps of a training after which those of the weights are looked for again"""
FILE = "four_bits.safetensors"


class FourBits(TrainerCallback):
    """Rounds weights in four bits, with the steps that they had lately."""

    def __init__(self, weights: Iterable[nn.Parameter], most: int) -> None:
        """Of `weights`, in steps that are integers up to `most`; see `group_steps`."""
        self.most = most
        self.steps: dict[int, torch.Tensor | None] = {id(each): None for each in weights}

    def __contains__(self, weight: torch.Tensor) -> bool:
        return id(weight) in self.steps

    def rounded(self, weight: torch.Tensor) -> torch.Tensor:
        """A weight (outputs, inputs) as the graph will have it."""
        steps = self.steps[id(weight)]
        if steps is None:
            steps = self.steps[id(weight)] = group_steps(weight, self.most)
        return rounded_groups(weight, steps.to(weight.device))

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.global_step % EVERY == 0:
            self.steps = dict.fromkeys(self.steps)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        found = {
            str(place): steps
            for place, steps in enumerate(self.steps.values())
            if steps is not None
        }
        if found and is_main():
            save_file(found, file_of(args, state))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if file_of(args, state).is_file():
            found = load_file(file_of(args, state))
            self.steps = {key: found.get(str(place)) for place, key in enumerate(self.steps)}


def file_of(args: TrainingArguments, state: TrainerState) -> Path:
    """Where the steps stand in the checkpoint of where a training is."""
    return Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / FILE


def weights_in_four_bits(model: PreTrainedModel) -> Iterator[nn.Parameter]:
    """The weights that the quantizer puts in four bits where it is asked to, but no table."""
    modules = list(model.named_modules())
    tables = [each.weight for _, each in modules if isinstance(each, nn.Embedding)]
    found = [(name, each.weight) for name, each in modules if isinstance(each, nn.Linear)]
    total = sum(weight.numel() for _, weight in found)
    for name, weight in found:
        tied = any(weight is table for table in tables)
        outside = not IN_A_LAYER.search(name)
        if not tied and is_worth_four_bits(*weight.shape[::-1], total=total, outside=outside):
            yield weight
