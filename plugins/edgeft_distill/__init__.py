"""Distillation: a small student learns to answer as its teacher does."""

from collections.abc import Iterable
from typing import Annotated, Any, Self

from edgeft.plugin import (
    Bundle,
    Checkpoint,
    Dataset,
    Distiller,
    Field,
    TrainingOptions,
    hookimpl,
    model_validator,
)

Layer = Annotated[int, Field(ge=0)]


class LayersOptions(TrainingOptions):
    """What the student is made of, and how it learns."""

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
    epochs: float = Field(8, gt=0, description="passes over the transfer set")
    temperature: float = Field(
        2.0, gt=0, description="softens teacher and student alike before they are compared"
    )
    soft: float = Field(1.0, ge=0, description="weight of the divergence from the teacher")
    hard: float = Field(0.3, ge=0, description="weight of the cross-entropy on the labels")
    use_copies: bool = Field(True, description="learn from augmented copies as well")
    use_unlabelled: bool = Field(True, description="learn from the unlabelled pool as well")

    @model_validator(mode="after")
    def has_something_to_learn(self) -> Self:
        """Refuse two weights of zero."""
        if self.soft == 0 and self.hard == 0:
            raise ValueError("soft and hard are both 0: the student would learn nothing")
        return self


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
