"""Learning from a teacher: what distillers, and steps that repair what they cut, share.

This door holds the options; `learning` is the workshop.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edgeft.options import Options
from edgeft.training import TrainingOptions

Layer = Annotated[int, Field(ge=0)]
Teachers = Annotated[
    list[str],
    Field(
        description="directories of further teachers, checkpoints or bundles, whose logits are"
        " averaged with the teacher's"
    ),
]


class MatchingOptions(Options):
    """A pass before the one over logits, in which a student matches what its teacher computes."""

    method: str
    epochs: float = Field(1, gt=0, description="passes over the transfer set that match")
    learning_rate: float | None = Field(
        None, gt=0, description="peak learning rate while matching; by default the step's"
    )


class HiddenFields(Options):
    """How hidden states and attention maps are matched."""

    layer_map: Literal["even"] | list[Layer] = Field(
        "even",
        description="the teacher's layer that each of the student's is to match: evenly spaced, the"
        " last to the last, or their numbers, such as [2, 5]",
    )
    hidden: float = Field(1.0, ge=0, description="weight of the hidden states' squared difference")
    attention: float = Field(1.0, ge=0, description="weight of the attention maps' difference")
    attention_loss: Literal["mse", "kl"] = Field(
        "mse", description="difference of attention maps: mean square, or divergence"
    )

    @model_validator(mode="after")
    def has_something_to_match(self) -> Self:
        """Refuse two weights of zero."""
        if self.hidden == 0 and self.attention == 0:
            raise ValueError("hidden and attention are both 0: there is nothing to match")
        return self


class RelationFields(Options):
    """How relations of queries, keys and values are matched."""

    heads: int | None = Field(
        None,
        ge=1,
        description="relation heads; by default the teacher's attention heads, or as many of them"
        " as divide both widths",
    )
    teacher_layer: Layer | None = Field(None, description="by default the teacher's last layer")
    student_layer: Layer | None = Field(None, description="by default the student's last layer")


class HiddenOptions(MatchingOptions, HiddenFields):
    """Match hidden states and attention maps layer by layer (TinyBERT)."""

    method: Literal["hidden"] = "hidden"


class RelationOptions(MatchingOptions, RelationFields):
    """Match how tokens relate by queries, keys and values in one layer of each (MiniLMv2)."""

    method: Literal["relation"] = "relation"


Matching = Annotated[HiddenOptions | RelationOptions, Field(discriminator="method")]
"""the first pass of a student, by its method"""


class DistillationOptions(TrainingOptions):
    """How a student learns from its teacher, whatever the student is made of."""

    epochs: float = Field(8, gt=0, description="passes over the transfer set")
    temperature: float = Field(
        2.0, gt=0, description="softens teacher and student alike before they are compared"
    )
    soft: float = Field(1.0, ge=0, description="weight of the divergence from the teacher")
    hard: float = Field(0.3, ge=0, description="weight of the cross-entropy on the labels")
    keep_dropout: bool | None = Field(
        None,
        description="keep the student's dropout while it learns; by default where its answers are"
        " not vectors, which come closer to the teacher's without",
    )
    use_copies: bool = Field(True, description="learn from augmented copies as well")
    use_unlabelled: bool = Field(True, description="learn from the unlabelled pool as well")

    @model_validator(mode="after")
    def has_something_to_learn(self) -> Self:
        """Refuse two weights of zero."""
        if self.soft == 0 and self.hard == 0:
            raise ValueError("soft and hard are both 0: the student would learn nothing")
        return self
