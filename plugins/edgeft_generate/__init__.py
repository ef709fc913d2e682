"""Augmenters that let language models write: masked ones, translators, causal ones."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from edgeft.plugin import Augmenter, Dataset, Field, Options, PluginError, hookimpl


class ContextualOptions(Options):
    """How often, how much, and by whose sense of context."""

    copies: int = Field(1, ge=1, description="changed copies of every training text")
    rate: float = Field(0.15, gt=0, le=1, description="share of a text's words that is replaced")
    model: str | None = Field(
        None,
        min_length=1,
        description="masked language model that says the words: a directory, a hub id or"
        " pkg:PACKAGE/FOLDER; in a recipe by default its base",
    )
    candidates: int = Field(
        10, ge=1, description="likeliest words that one is drawn from, by their probability"
    )
    batch: int = Field(32, ge=1, description="most texts that the model reads at once")


class Contextual(Augmenter[ContextualOptions]):
    """Replace words by what a masked language model says in their place in copies of the texts."""

    name = "contextual"
    Options = ContextualOptions
    needs = ("datasets", "torch", "transformers")
    models = ("model",)

    @classmethod
    def check(cls, options: ContextualOptions, find_model: Callable[[str], Path]) -> None:
        """Raise where no model is named, or one without a masked-language head."""
        from edgeft_generate.heads import require_masked_head

        if options.model is None:
            raise PluginError(
                "augment contextual needs a masked language model",
                hint="set `model`, such as --set model=distilbert-base-uncased",
            )
        require_masked_head(find_model(options.model))

    def run(self, data: Dataset) -> Dataset:
        from edgeft_generate.masked import contextual

        self.check(self.options, self.context.find_model)
        return contextual(self, data, self.context.find_model(str(self.options.model)))


@hookimpl
def edgeft_register_augmenters() -> Iterable[type[Augmenter[Any]]]:
    return [Contextual]
