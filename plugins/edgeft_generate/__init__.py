"""Augmenters that let language models write: masked ones, translators, causal ones."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from edgeft.plugin import Augmenter, Dataset, PluginError, hookimpl
from edgeft_generate.options import (
    ContextualOptions,
    GenerateOptions,
    ParaphraseOptions,
    TranslateOptions,
)


class Contextual(Augmenter[ContextualOptions]):
    """Replace words by what a masked language model says in their place in copies of the texts."""

    name = "contextual"
    suits = ("label", "labels", "number")
    Options = ContextualOptions
    needs = ("datasets", "torch", "transformers")
    models = ("model",)
    of_base = "model"

    @classmethod
    def check(cls, options: ContextualOptions, find_model: Callable[[str], Path]) -> None:
        """Raise where no model is named, or one without masked-language head, mask or words."""
        from edgeft.training.words import require_words
        from edgeft_generate.heads import require_mask, require_masked_head

        if options.model is None:
            raise PluginError(
                "augment contextual needs a masked language model",
                hint="set `model`, such as --set model=distilbert-base-uncased",
            )
        model = find_model(options.model)
        require_masked_head(model)
        require_mask(model)
        require_words(model)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_generate.masked import contextual

        self.check(self.options, self.context.find_model)
        return contextual(self, data, self.context.find_model(str(self.options.model)))


class Translate(Augmenter[TranslateOptions]):
    """Translate copies of the training texts into another language and back."""

    name = "translate"
    suits = ("label", "labels", "number")
    Options = TranslateOptions
    needs = ("datasets", "torch", "transformers")
    models = ("there", "back")

    @classmethod
    def check(cls, options: TranslateOptions, find_model: Callable[[str], Path]) -> None:
        """Raise where a translator is missing, cannot be read here, or knows no such language."""
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
        folders = [find_model(name) for name in (options.there, options.back) if name is not None]
        for folder in folders:
            require_translator(folder)
        if None not in languages:
            from edgeft_generate.languages import require_languages

            for folder in folders:
                require_languages(folder, languages)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_generate.translating import translate

        self.check(self.options, self.context.find_model)
        there = self.context.find_model(str(self.options.there))
        back = self.options.back
        return translate(self, data, there, self.context.find_model(back) if back else there)


class Paraphrase(Augmenter[ParaphraseOptions]):
    """Let a causal language model, here or on a server, say the training texts in other words."""

    name = "paraphrase"
    suits = ("label", "labels", "number")
    Options = ParaphraseOptions
    needs = ("datasets",)
    models = ("source",)

    @classmethod
    def check(cls, options: ParaphraseOptions, find_model: Callable[[str], Path]) -> None:
        """Raise where nobody is named who writes, or who is named cannot be asked."""
        from edgeft_generate.requirements import require_fields, require_writer

        require_writer(cls.name, options, find_model)
        require_fields(cls.name, options.prompt, {"text", "label", "copies"}, needed="text")

    @classmethod
    def check_reach(cls, options: ParaphraseOptions) -> None:
        """Raise where the server that writes takes no connection."""
        from edgeft_generate.requirements import require_reach

        require_reach(cls.name, options)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_generate.writing import paraphrase

        self.check(self.options, self.context.find_model)
        return paraphrase(self, data)


class Generate(Augmenter[GenerateOptions]):
    """Let a causal language model, here or on a server, write new texts of every label."""

    name = "generate"
    suits = ("label",)
    pairs = False
    Options = GenerateOptions
    needs = ("datasets",)
    models = ("source",)

    @classmethod
    def check(cls, options: GenerateOptions, find_model: Callable[[str], Path]) -> None:
        """Raise where nobody is named who writes, or who is named cannot be asked."""
        from edgeft_generate.requirements import require_fields, require_writer

        require_writer(cls.name, options, find_model)
        require_fields(cls.name, options.prompt, {"label", "texts", "count"}, needed="label")

    @classmethod
    def check_reach(cls, options: GenerateOptions) -> None:
        """Raise where the server that writes takes no connection."""
        from edgeft_generate.requirements import require_reach

        require_reach(cls.name, options)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_generate.writing import generate

        self.check(self.options, self.context.find_model)
        return generate(self, data)


@hookimpl
def edgeft_register_augmenters() -> Iterable[type[Augmenter[Any]]]:
    return [Contextual, Generate, Paraphrase, Translate]
