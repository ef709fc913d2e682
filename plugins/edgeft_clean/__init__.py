"""Finds what is wrong with labelled texts, proposes what to do, and does what a person says."""

from collections.abc import Iterable
from typing import Any, Literal, Self

from edgeft.plugin import Cleaner, Dataset, Field, Options, hookimpl, model_validator

Check = Literal[
    "duplicate", "near-duplicate", "contradiction", "overlap", "label", "text", "length",
    "script", "language", "boilerplate", "outlier",
]  # fmt: skip
CHECKS: tuple[Check, ...] = Check.__args__  # type: ignore[attr-defined]


class ReviewOptions(Options):
    """What is looked for, and what is done about it."""

    checks: list[Check] = Field(
        list(CHECKS),
        description="what is looked for; `label` asks for one label a text, and is left out for"
        " other tasks",
    )
    decisions: str | None = Field(
        None,
        description="a decisions file, as an earlier review wrote it and a person may have edited"
        " it: these rows are dropped, relabelled and down-weighted, and nothing else",
    )
    apply: bool = Field(False, description="follow the proposals without a person's look at them")
    model: str | None = Field(
        None,
        description="encoder whose vectors tell which labels and texts are unlike the others; the"
        " recipe's base by default, and words and characters where there is none",
    )
    confidence: float = Field(
        0.5,
        ge=0,
        le=1,
        description="least out-of-fold probability of another label that makes the proposal to"
        " relabel; below it a probable label error is proposed to be what `unsure` says",
    )
    unsure: Literal["drop", "down-weight", "keep"] = Field(
        "drop",
        description="what is proposed for a probable label error where no other label is likely"
        " enough; down-weight lets it count half in training",
    )
    seed: int | None = Field(None, ge=0, description="seed of the folds; the recipe's by default")

    @model_validator(mode="after")
    def follows_one_of_them(self) -> Self:
        """Refuse to follow both a person and the proposals."""
        if self.apply and self.decisions:
            raise ValueError("decisions and apply are both given; leave apply out")
        return self


class Review(Cleaner[ReviewOptions]):
    """List duplicates, contradictions, label errors and odd texts in a file that a person edits."""

    name = "review"
    Options = ReviewOptions
    needs = ("sklearn", "datasets", "cleanlab", "py3langid")
    models = ("model",)
    files = ("decisions",)
    levers = ("decisions", "apply")

    def run(self, data: Dataset) -> Dataset:
        """Write the rows, with decisions.csv beside them; no row changes unless it is told to."""
        from edgeft_clean.review import review

        with self.writing(Dataset, data=data) as draft:
            review(draft, data, self.options, self.context)
        return draft.artifact


@hookimpl
def edgeft_register_cleaners() -> Iterable[type[Cleaner[Any]]]:
    return [Review]
