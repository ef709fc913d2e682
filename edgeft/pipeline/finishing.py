"""What is told of a step that has made something: to plugins, and to the user where it failed."""

from typing import Any

from edgeft.artifacts import Artifact, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.processes import is_main
from edgeft.registry import Registry
from edgeft.tasks import Task

TRAINED = "train for more epochs or with another learning_rate"
FITTED = "take another base"
"""what may help: a step that has these options, one that has not"""


def tell(made: Artifact[Any], data: Dataset, context: Context, registry: Registry) -> None:
    """Tell plugins what a step made of `data`, and the user where a model has learnt nothing."""
    if not is_main():
        return
    record = made.manifest.history[-1]
    if isinstance(made, Checkpoint) and (why := nothing_learnt(made, data, context, registry)):
        remedy = TRAINED if "learning_rate" in record.options else FITTED
        context.progress.note(
            f"{context.out.name} has learnt nothing: {why}. Look whether texts and answers belong"
            f" together, or {remedy}."
        )
    registry.manager.hook.edgeft_step_finished(record=record)


def nothing_learnt(made: Checkpoint, data: Dataset, context: Context, registry: Registry) -> str:
    """Why a model has learnt nothing, by what its step says of the validation texts.

    Empty where it has, and where its step says nothing of its task, or of other texts, too.
    """
    task, record = context.task, made.manifest.history[-1]
    kept = registry.step(record.kind, record.method).retains
    if any(record.options.get(name) for name in kept):
        return ""
    found = record.figures.get("validation")
    if not isinstance(found, dict) or not found.keys() >= task.metrics.keys():
        return ""
    from edgeft.data.rows import open_split, truth_of

    truth = truth_of(open_split(data, "validation"), task, made.labels)
    if task.decides:  # by what validation tunes later: without that, little may look like nothing
        return Task.nothing_learnt(task, task.metric, found, truth)
    return task.nothing_learnt(task.metric, found, truth)
