"""Quantization-aware training: a student learns to answer as itself once it is int8.

A light door of its own; `fake_quantization` and `learning` are the workshops.
"""

from typing import Literal, Self

from edgeft.plugin import (
    Bundle,
    Checkpoint,
    Dataset,
    DistillationOptions,
    Distiller,
    Field,
    ModelError,
    Options,
    model_validator,
)


class RoundingOptions(Options):
    """What the quantize step will make of a model."""

    embeddings: Literal["int8", "int4", "pq", "float32"] = Field(
        "int8",
        description="type of embedding tables, as the quantize step will have it; with pq a large"
        " one is put in codes before the first step, and the rest of the model learns around it",
    )
    products: Literal["int8", "int4"] = Field(
        "int8", description="type of the weights of products, as the quantize step's `weights`"
    )
    reduce_range: bool | None = Field(
        None,
        description="7 bits for weights, as the quantize step will have it; by default as the"
        " profile of this machine says",
    )


class QatOptions(DistillationOptions, RoundingOptions):
    """What the quantize step will make of the student, and how it is prepared for that."""

    epochs: float = Field(
        0, ge=0, description="passes over the transfer set; 0 for as many as `steps` are, up to 20"
    )
    steps: int = Field(
        300,
        ge=1,
        description="batches to learn from where `epochs` is 0: several passes over few texts, a"
        " part of one over many",
    )
    learning_rate: float = Field(1e-5, gt=0, description="peak learning rate of AdamW")
    hard: float = Field(0.0, ge=0, description="weight of the cross-entropy on the labels")
    weights: Literal["auto", "best", "last"] = Field(
        "last",
        description="keep the weights of the best evaluation or the last ones: accuracy hardly"
        " tells these apart, and the last have learnt most",
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "fp32", description="bf16 rounds about as coarsely as int8 does, and hides its steps"
    )

    @model_validator(mode="after")
    def dropout_hides_roundings(self) -> Self:
        """Refuse dropout: there are always roundings to learn."""
        refuse_dropout(self)
        return self


def refuse_dropout(options: DistillationOptions) -> None:
    """Raise ValueError for dropout, which is larger than the roundings of int8."""
    if options.keep_dropout:
        raise ValueError("dropout would hide the roundings of qat: leave keep_dropout out")


class Qat(Distiller[QatOptions]):
    """Train a student to give its float answers with the roundings of int8 (Jacob et al. 2018)."""

    name = "qat"
    Options = QatOptions
    needs = ("torch", "transformers", "datasets", "accelerate", "safetensors")

    @classmethod
    def check_teacher(cls, options: QatOptions, teacher: Checkpoint | Bundle) -> None:
        """Raise ModelError for a bundle."""
        if isinstance(teacher, Bundle):
            raise ModelError(
                f"the teacher {teacher.path} is a bundle: it has no weights to train",
                hint="name the checkpoint that it was exported from",
            )

    def run(self, teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
        """Train a copy of `teacher` on its own logits, with integer weights and activations."""
        from edgeft_distill.fake_quantization import distill

        return distill(self, teacher, data)
