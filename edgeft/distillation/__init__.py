"""Learning from a teacher: what distillers, and steps that repair what they cut, share.

This door holds the options; `learning` is the workshop.
"""

from typing import Self

from pydantic import Field, model_validator

from edgeft.training import TrainingOptions


class DistillationOptions(TrainingOptions):
    """How a student learns from its teacher, whatever the student is made of."""

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
