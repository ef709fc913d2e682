"""Distillation: a small student learns to answer as its teacher does."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self, TypeVar

from edgeft.distillation import (
    HiddenFields,
    HiddenOptions,
    Layer,
    Matching,
    MatchingOptions,
    RelationFields,
    RelationOptions,
    Teachers,
)
from edgeft.plugin import (
    Bundle,
    Checkpoint,
    Dataset,
    DistillationOptions,
    Distiller,
    Field,
    ModelError,
    Options,
    hookimpl,
    model_validator,
)
from edgeft.surgery.shapes import shape_of
from edgeft_distill.qat import Qat, RoundingOptions, refuse_dropout

KEEP = 2
"""layers of the teacher that a student starts from where nobody says how many"""
ALONE: dict[str, Any] = {
    "soft": 0.0,
    "hard": 1.0,
    "use_copies": False,
    "use_unlabelled": False,
    "teachers": [],
}
"""options that train a student on the labels alone: no teacher, no copies, no pool"""


class StudentOptions(DistillationOptions):
    """What the student is made of, and whom it learns from."""

    keep: int | list[Layer] | Literal["auto"] | None = Field(
        None,
        description="encoder layers that the student starts from: how many (evenly spaced, first"
        " and last included), which, or `auto` to measure which start learns best; by default 2 of"
        " the teacher's, or all of `student`'s",
    )
    depth: int | None = Field(
        None, ge=1, description="how many layers `keep: auto` chooses; by default 2"
    )
    neurons: int | None = Field(
        None,
        ge=1,
        description="feed-forward neurons a layer, the most important ones; by default all",
    )
    width: int | None = Field(
        None,
        ge=1,
        description="hidden width, of the most important dimensions and attention heads: a multiple"
        " of the width of a head; by default all",
    )
    attention_heads: int | None = Field(
        None,
        ge=1,
        description="attention heads a layer, the most important ones; by default all. In BERT and"
        " its kin the others are set to zero, and what is exported does without them",
    )
    pooling: Literal["mean", "first"] | None = Field(
        None,
        description="what the head reads: the mean of the token vectors, or the first of them; by"
        " default the first where the model that the student starts from was trained for either,"
        " for it is cheaper, else what its own classifier reads",
    )
    activation: Literal["relu"] | None = Field(
        None,
        description="activation of the feed-forward networks; `relu` is cheaper than the usual"
        " gelu; by default the teacher's",
    )
    student: str | None = Field(
        None,
        description="model to start from instead of the teacher's layers: a directory, a hub id or"
        " pkg:PACKAGE/FOLDER; a teacher that is a bundle needs it",
    )
    teachers: Teachers = []
    qat: RoundingOptions | None = Field(
        None,
        description="learn the logits with the roundings that the quantize step will make, such as"
        " {embeddings: pq, products: int4}, without dropout, and in float32 unless `precision` is"
        " bf16, which is about as coarse; a pass that matches goes before it as ever",
    )

    @model_validator(mode="after")
    def depth_is_for_auto(self) -> Self:
        """Refuse a depth that nothing would read."""
        if self.depth is not None and self.keep != "auto":
            raise ValueError("depth is what `keep: auto` chooses; otherwise keep says how many")
        return self

    @model_validator(mode="after")
    def heads_go_once(self) -> Self:
        """Refuse two answers to the question which heads stay."""
        if self.width is not None and self.attention_heads is not None:
            raise ValueError(
                "width takes the heads along that it has no room for: leave attention_heads out"
            )
        return self

    @model_validator(mode="after")
    def dropout_hides_roundings(self) -> Self:
        """Refuse dropout where there are roundings to learn."""
        if self.qat is not None:
            refuse_dropout(self)
        return self

    @property
    def first_pass(self) -> MatchingOptions | None:
        """The pass before the one over logits, if any."""
        return None


class LayersOptions(StudentOptions):
    """Which layers the student is made of, and how it learns."""

    matching: Matching | None = Field(
        None,
        description="a first pass that matches what the teacher computes on the way to its logits,"
        " with the options of the methods hidden and relation, such as {method: relation,"
        " epochs: 1}; its `learning_rate` is the step's by default",
    )

    @property
    def first_pass(self) -> MatchingOptions | None:
        """The pass before the one over logits, if any."""
        return self.matching


class MatchingStudentOptions(StudentOptions):
    """How long the student matches its teacher before it learns the logits."""

    matching_epochs: float = Field(
        1, ge=0, description="passes over the transfer set that match, before those over logits"
    )
    matching_learning_rate: float | None = Field(
        None, gt=0, description="peak learning rate while matching; by default learning_rate"
    )

    def shared(self, fields: type[Options]) -> dict[str, Any] | None:
        """The first pass's options, those in `fields` among them; None where it takes no epochs."""
        if not self.matching_epochs:
            return None
        return {name: getattr(self, name) for name in fields.model_fields} | {
            "epochs": self.matching_epochs,
            "learning_rate": self.matching_learning_rate,
        }


class HiddenStudentOptions(MatchingStudentOptions, HiddenFields):
    """What the student is made of, and how it matches hidden states and attention maps."""

    @property
    def first_pass(self) -> MatchingOptions | None:
        """The pass over hidden states and attention maps."""
        found = self.shared(HiddenFields)
        return HiddenOptions(**found) if found else None


class RelationStudentOptions(MatchingStudentOptions, RelationFields):
    """What the student is made of, and how it matches relations."""

    @property
    def first_pass(self) -> MatchingOptions | None:
        """The pass over relations."""
        found = self.shared(RelationFields)
        return RelationOptions(**found) if found else None


S = TypeVar("S", bound=StudentOptions)


class OfLayers(Distiller[S]):
    """A student made of its teacher's layers."""

    needs = ("torch", "transformers", "datasets", "accelerate", "safetensors")
    models = ("student", "teachers")
    levers = MappingProxyType({"use_copies": False, "use_unlabelled": False})
    unmatched: ClassVar[dict[str, Any]]
    """options that leave out the pass before the one over logits"""

    @classmethod
    def check_teacher(cls, options: S, teacher: Checkpoint | Bundle) -> None:
        """Raise ModelError for a bundle, unless a student is named that starts from a model."""
        if isinstance(teacher, Bundle) and not options.student:
            raise ModelError(
                f"the teacher {teacher.path} is a bundle: it has no layers to start a student from",
                hint="set `student:` to a model to start from",
            )

    @classmethod
    def share(cls, options: S, base: Path) -> float | None:
        """The size of the student over that of a base; None for one that starts elsewhere."""
        if options.student:
            return None
        whole = shape_of(base)
        keep = len(options.keep) if isinstance(options.keep, list) else options.keep
        layers = keep if isinstance(keep, int) else options.depth or KEEP
        heads = options.attention_heads or whole.whole_heads
        left = replace(
            whole,
            layers=min(layers, whole.layers),
            neurons=options.neurons or whole.neurons,
            width=options.width or whole.width,
            attention=heads / whole.whole_heads,
        )
        return left.parameters / whole.parameters

    def run(self, teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
        """Train a student of `teacher` on the training texts, their copies and the pool."""
        from edgeft_distill.student import distill

        return distill(self, teacher, data)

    def plain(self) -> S:
        """The same student trained on the labels alone: no teacher, no copies, no pool."""
        return self.options.model_copy(update=ALONE | self.unmatched)


class Layers(OfLayers[LayersOptions]):
    """Keep some of the teacher's layers and train them on its logits."""

    name = "layers"
    Options = LayersOptions
    unmatched = {"matching": None}


class Hidden(OfLayers[HiddenStudentOptions]):
    """Match the teacher's hidden states and attention maps, then train on its logits (TinyBERT)."""

    name = "hidden"
    Options = HiddenStudentOptions
    unmatched = {"matching_epochs": 0}


class Relation(OfLayers[RelationStudentOptions]):
    """Match how tokens relate in the teacher's last layer, then train on its logits (MiniLMv2)."""

    name = "relation"
    Options = RelationStudentOptions
    unmatched = {"matching_epochs": 0}


@hookimpl
def edgeft_register_distillers() -> Iterable[type[Distiller[Any]]]:
    return [Layers, Hidden, Relation, Qat]
