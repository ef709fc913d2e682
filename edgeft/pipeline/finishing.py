"""What is told of a step that has made something: to plugins, and to the user where it failed."""

from typing import Any

from edgeft.artifacts import Artifact
from edgeft.processes import is_main
from edgeft.registry import Registry
from edgeft.steps import Context

REMEDY = (
    "Train for more epochs or with another learning_rate, or see if texts and answers belong"
    " together."
)


def tell(made: Artifact[Any], context: Context, registry: Registry) -> None:
    """Tell plugins what a step made, and the user where a model has learnt nothing."""
    if not is_main():
        return
    record = made.manifest.history[-1]
    if why := record.figures.get("nothing_learnt"):
        context.progress.note(f"{context.out.name} has learnt nothing: {why}. {REMEDY}")
    registry.manager.hook.edgeft_step_finished(record=record)
