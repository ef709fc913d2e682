"""The distiller `static`: a student that is a table of vectors and a small head."""

from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from edgeft.distillation import Teachers
from edgeft.plugin import (
    Bundle,
    Checkpoint,
    Dataset,
    DistillationOptions,
    Distiller,
    Field,
    field_validator,
    hookimpl,
)
from edgeft.surgery.shapes import shape_of


class StaticOptions(DistillationOptions):
    """How large the student's tables are, and how it learns."""

    epochs: float = Field(16, gt=0, description="passes over the transfer set")
    learning_rate: float = Field(
        5e-3, gt=0, description="peak learning rate of AdamW; tables bear and need a large one"
    )
    weight_decay: float = Field(0.0, ge=0, description="decoupled weight decay of AdamW")
    batch_size: int = Field(128, ge=1, description="texts a step and process")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "fp32", description="bf16 is no faster for so small a model"
    )
    weights: Literal["auto", "best", "last"] = Field(
        "last", description="keep the weights of the best evaluation or the last ones"
    )
    reserve: int = Field(
        1000,
        ge=0,
        description="the teacher's most common tokens that are kept though no text has them",
    )
    size: int | None = Field(
        None, ge=1, description="largest vocabulary: the rarest tokens of the texts go as well"
    )
    width: int = Field(128, ge=8, description="numbers in the vector of a token or n-gram")
    ngrams: int = Field(
        2, ge=1, le=4, description="longest run of tokens that has a vector; 1 for single tokens"
    )
    buckets: int = Field(
        8192,
        ge=2,
        description="vectors that n-grams share, a power of two; each costs `width`"
        " bytes of the int8 file",
    )
    hidden: int = Field(1024, ge=1, description="units of the head between vector and logits")
    dropout: float = Field(0.1, ge=0, lt=1, description="of vectors and units in training")
    teachers: Teachers = []

    @field_validator("buckets")
    @classmethod
    def is_a_power_of_two(cls, value: int) -> int:
        """Refuse other numbers: hashes are spread evenly over a power of two."""
        if value & (value - 1):
            raise ValueError("buckets is no power of two, such as 4096")
        return value


class Static(Distiller[StaticOptions]):
    """Train token and n-gram vectors on a teacher's logits: the smallest, fastest student."""

    name = "static"
    suits = ("label", "labels", "number")
    marks = False
    pairs = False
    Options = StaticOptions
    needs = ("torch", "transformers", "datasets", "accelerate", "safetensors")
    models = ("teachers",)
    levers = MappingProxyType({"use_copies": False, "use_unlabelled": False})

    @classmethod
    def share(cls, options: StaticOptions, base: Path) -> float:
        """The size of its tables over that of a base, as if no token of the base were left out."""
        whole = shape_of(base)
        return (whole.vocabulary + options.buckets) * options.width / whole.parameters

    def run(self, teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
        """Train a student of `teacher` on the training texts, their copies and the pool."""
        from edgeft_static.student import distill

        return distill(self, teacher, data)

    def plain(self) -> StaticOptions:
        """The same student trained on the labels alone: no teacher, no copies, no pool."""
        alone = {"soft": 0.0, "hard": 1.0, "use_copies": False, "use_unlabelled": False}
        return self.options.model_copy(update=alone | {"teachers": []})


@hookimpl
def edgeft_register_distillers() -> Iterable[type[Distiller[Any]]]:
    return [Static]
