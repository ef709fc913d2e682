"""Finds what is wrong with labelled texts, proposes what to do, and does what a person says."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, Self

from edgeft.plugin import (
    Cleaner,
    Dataset,
    Field,
    Options,
    PluginError,
    hookimpl,
    model_validator,
)

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
    teacher: str | None = Field(
        None,
        description="finetuner, such as `full` or `contrastive`, that is trained from `model` on"
        " all parts of the texts but one and says of that one which labels are wrong, part by part;"
        " by default logistic regression says so, in seconds",
    )
    teacher_options: dict[str, Any] = Field(
        {}, description="options of that finetuner, such as {epochs: 10}"
    )
    folds: int = Field(
        5, ge=2, description="parts of the texts, and so trainings, where there is a `teacher`"
    )
    confidence: float = Field(
        0.9,
        ge=0,
        le=1,
        description="least probability that another label is the true one that makes the proposal"
        " to relabel; below it a probable label error is proposed to be what `unsure` says",
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

    @model_validator(mode="after")
    def says_whose_options(self) -> Self:
        """Refuse options of a teacher where there is none."""
        if self.teacher_options and not self.teacher:
            raise ValueError("teacher_options are those of a teacher: name a finetuner there")
        return self


class Review(Cleaner[ReviewOptions]):
    """List duplicates, contradictions, label errors and odd texts in a file that a person edits."""

    name = "review"
    Options = ReviewOptions
    needs = ("sklearn", "datasets", "cleanlab", "py3langid")
    models = ("model",)
    of_base = "model"
    files = ("decisions",)
    finetuners = ("teacher",)
    levers = ("decisions", "apply")

    @classmethod
    def check(cls, options: ReviewOptions, find_model: Callable[[str], Path]) -> None:
        """Raise PluginError where a teacher has nothing to be trained from."""
        if options.teacher and not options.model:
            raise PluginError(
                f"clean review: teacher {options.teacher} is trained from a pretrained model, and"
                " none is named",
                hint="set `model`, such as --model sentence-transformers/all-MiniLM-L6-v2",
            )

    def run(self, data: Dataset) -> Dataset:
        """Write the rows, with decisions.csv beside them; no row changes unless it is told to."""
        from edgeft_clean.review import review

        self.check(self.options, self.context.find_model)
        with self.writing(Dataset, data=data) as draft:
            review(draft, data, self.options, self.context)
        return draft.artifact


@hookimpl
def edgeft_register_cleaners() -> Iterable[type[Cleaner[Any]]]:
    return [Review]
