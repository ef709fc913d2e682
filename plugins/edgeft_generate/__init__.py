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


class TranslateOptions(Options):
    """By which translators, over which language, and how."""

    copies: int = Field(1, ge=1, description="copies of every training text")
    there: str | None = Field(
        None,
        min_length=1,
        description="sequence-to-sequence model into another language: a directory, a hub id such"
        " as Helsinki-NLP/opus-mt-en-de, or pkg:PACKAGE/FOLDER",
    )
    back: str | None = Field(
        None,
        min_length=1,
        description="the model home again; by default `there`, for one that knows many languages",
    )
    source_language: str | None = Field(
        None,
        min_length=1,
        description="the texts' language, as a model of many languages calls it:"
        " eng_Latn (NLLB), en_XX (mBART), en (M2M100)",
    )
    pivot_language: str | None = Field(
        None, min_length=1, description="the other language, as the model calls it"
    )
    there_prefix: str = Field(
        "",
        description="what `there` has to read before a text, such as T5's"
        " `translate English to German: `",
    )
    back_prefix: str = Field("", description="what `back` has to read before a text")
    beams: int = Field(4, ge=1, description="translations that are followed at a time")
    temperature: float | None = Field(
        None,
        gt=0,
        description="draw words by their probability to this temperature, instead of"
        " following beams: more varied, less exact",
    )
    max_length: int = Field(128, ge=1, description="longest text and translation, in tokens")
    batch: int = Field(16, ge=1, description="texts that are translated at once")


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


class Translate(Augmenter[TranslateOptions]):
    """Translate copies of the training texts into another language and back."""

    name = "translate"
    Options = TranslateOptions
    needs = ("datasets", "torch", "transformers")
    models = ("there", "back")

    @classmethod
    def check(cls, options: TranslateOptions, find_model: Callable[[str], Path]) -> None:
        """Raise where a translator is missing, or cannot be read with what is installed."""
        from edgeft_generate.heads import require_translator

        languages = options.source_language, options.pivot_language
        if options.there is None or (options.back is None and None in languages):
            raise PluginError(
                "augment translate needs a translator there and one back",
                hint="set `there` and `back`, such as Helsinki-NLP/opus-mt-en-de and"
                " Helsinki-NLP/opus-mt-de-en, or `there`, `source_language` and `pivot_language`"
                " for a model of many languages",
            )
        if (options.source_language is None) != (options.pivot_language is None):
            raise PluginError(
                "augment translate is told one language of two",
                hint="set both `source_language` and `pivot_language`, or none",
            )
        for name in (options.there, options.back):
            if name is not None:
                require_translator(find_model(name))

    def run(self, data: Dataset) -> Dataset:
        from edgeft_generate.translating import translate

        self.check(self.options, self.context.find_model)
        there = self.context.find_model(str(self.options.there))
        back = self.options.back
        return translate(self, data, there, self.context.find_model(back) if back else there)


@hookimpl
def edgeft_register_augmenters() -> Iterable[type[Augmenter[Any]]]:
    return [Contextual, Translate]
