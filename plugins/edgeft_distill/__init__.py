"""Distillation: a small student learns to answer as its teacher does."""

from collections.abc import Iterable
from typing import Annotated, Any

from edgeft.plugin import (
    Bundle,
    Checkpoint,
    Dataset,
    DistillationOptions,
    Distiller,
    Field,
    hookimpl,
)

Layer = Annotated[int, Field(ge=0)]


class LayersOptions(DistillationOptions):
    """Which layers the student is made of, and how it learns."""

    keep: int | list[Layer] | None = Field(
        None,
        description="encoder layers that the student starts from: how many (evenly spaced, first"
        " and last included) or which; by default 2 of the teacher's, or all of `student`'s",
    )
    student: str | None = Field(
        None,
        description="model to start from instead of the teacher's layers: a directory, a hub id or"
        " pkg:PACKAGE/FOLDER; a teacher that is a bundle needs it",
    )


class Layers(Distiller[LayersOptions]):
    """Keep some of the teacher's layers and train them on its logits."""

    name = "layers"
    Options = LayersOptions
    needs = ("torch", "transformers", "datasets", "accelerate", "safetensors")

    def run(self, teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
        """Train a student of `teacher` on the training texts, their copies and the pool."""
        from edgeft_distill.student import distill

        return distill(self, teacher, data)

    def plain(self) -> LayersOptions:
        """The same student trained on the labels alone: no teacher, no copies, no pool."""
        alone = {"soft": 0.0, "hard": 1.0, "use_copies": False, "use_unlabelled": False}
        return self.options.model_copy(update=alone)


@hookimpl
def edgeft_register_distillers() -> Iterable[type[Distiller[Any]]]:
    return [Layers]
