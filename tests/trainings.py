"""A small training, losses that count or interrupt it, and what it ends with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.registry import Registry
from edgeft.tasks import Task
from edgeft.training import TrainingOptions
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import Loss, Trained, cross_entropy, train

Batch = dict[str, torch.Tensor]
EPOCH = 12  # steps: 96 rows in batches of 8


class Interrupted(Exception):
    """Stands for a process that is killed."""


class Recorder:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.notes: list[str] = []
        self.done = 0
        self.figures: dict[str, float] = {}

    @contextmanager
    def bar(self, title: str, total: int | None = None, unit: str = "") -> Iterator["Recorder"]:
        self.titles.append(f"{title} of {total}")
        self.done = 0
        yield self

    def advance(self, amount: int = 1, **figures: float) -> None:
        self.done += amount
        self.figures |= figures

    def note(self, message: str) -> None:
        self.notes.append(message)


def run(
    base: Path,
    data: Dataset,
    context: Context,
    loss: Loss | None = None,
    task: Task | None = None,
    **options: Any,
) -> Trained:
    torch.manual_seed(0)
    defaults = {"epochs": 3, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
    return train(
        context.task.load_model(base, data.labels),
        load_tokenizer(base),
        open_split(data, "train"),
        open_split(data, "validation"),
        task=task or context.task,
        labels=data.labels,
        options=TrainingOptions.model_validate(defaults | options),
        context=context,
        loss=loss,
    )


def counting(calls: list[int], stop_at: int | None = None) -> Loss:
    def loss(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        calls.append(len(logits))
        if len(calls) == stop_at:
            raise Interrupted
        return cross_entropy(logits, batch)

    return loss


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def finetuner_of(base: Path, data: Dataset, registry: Registry, context: Context) -> Any:
    """What trains a base with a finetuner and its options, on `data` unless other is given."""

    def run(method: str, data: Dataset = data, **options: Any) -> Checkpoint:
        circumstances = context.at(context.out, force=True, find_step=registry.usable_step)
        step = registry.step("finetune", method)
        return step(registry.options("finetune", method, options), circumstances).run(base, data)

    return run


def figures(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the last step of a checkpoint says of itself."""
    return checkpoint.manifest.history[-1].figures
