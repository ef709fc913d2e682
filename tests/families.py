"""Checkpoints and bundles of tiny models of several families, each made once a session."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.registry import Registry
from edgeft.tasks import Task

MakeBase = Callable[[str], Path]
MakeCheckpoint = Callable[[str], Checkpoint]


def checkpoints(
    name: str,
    task: Task,
    base: MakeBase,
    data: Dataset,
    registry: Registry,
    made_once: Any,
    training: dict[str, Any] | None,
) -> MakeCheckpoint:
    """Finetunes a family's base on the data, or without `training` takes it as it is."""
    method = "embed" if training is None else "full"
    step: Any = registry.step("finetune", method)
    told = {} if training is None else {"epochs": 6, **training}
    options = registry.options("finetune", method, told)

    def make(family: str) -> Checkpoint:
        def train(out: Path) -> None:
            context = Context(out=out, task=task, device="cpu", threads=1)
            step(options, context).run(base(family), data)

        return Checkpoint.open(made_once(f"{name}-checkpoint/{family}", train))

    return make


def bundles(
    name: str,
    task: Task,
    checkpoint: MakeCheckpoint,
    data: Dataset,
    registry: Registry,
    made_once: Any,
) -> Callable[[str], Bundle]:
    """Exports a family's checkpoint as it was captured."""
    step: Any = registry.step("export", "onnx")
    options = registry.options("export", "onnx", {"rewrites": [], "strategies": ["trace"]})

    def make(family: str) -> Bundle:
        def export(out: Path) -> None:
            context = Context(out=out, task=task, device="cpu", threads=1)
            step(options, context).run(checkpoint(family), data)

        return Bundle.open(made_once(f"{name}-bundle/{family}", export))

    return make
