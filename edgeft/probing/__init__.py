"""What a frozen encoder says of texts, and the linear heads that read it.

This door holds the options of such a head; the other rooms are workshops.
"""

from typing import Literal

from pydantic import Field

from edgeft.data.templates import Descriptions
from edgeft.options import Options


class HeadOptions(Options):
    """How a head is fitted on vectors."""

    strength: float | None = Field(
        None,
        gt=0,
        description="inverse of the head's L2 penalty, for vectors of length 1 on average; by"
        " default the one whose heads do best in cross-validation",
    )
    label_names: Literal["auto", "yes", "no"] = Field(
        "auto",
        description="whether the name of a label, as words, is one more example of it; auto lets"
        " cross-validation decide",
    )
    descriptions: Descriptions = {}
    pooling: Literal["auto", "mean", "first"] = Field(
        "auto",
        description="what the head reads: the `mean` of the token vectors, or the `first` of them;"
        " auto is the pooling that a sentence encoder was trained with, and the mean for others",
    )

    def moot(self) -> frozenset[str]:
        """What names mean, where none is read."""
        return frozenset({"descriptions"} if self.label_names == "no" else ())
