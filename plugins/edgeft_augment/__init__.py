"""Augmenters: copies with words left out, exchanged, masked or replaced; a filter; other data."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from edgeft.plugin import (
    Augmenter,
    Bundle,
    Checkpoint,
    Dataset,
    PluginError,
    hookimpl,
    mask_token,
)
from edgeft_augment.options import (
    MASK,
    CombineOptions,
    FilterOptions,
    HideOptions,
    JoinOptions,
    MaskOptions,
    MentionOptions,
    MixOptions,
    NameOptions,
    NeighbourOptions,
    NoiseOptions,
    PlantOptions,
    RewriteOptions,
    SentenceOptions,
    SynonymOptions,
    TypoOptions,
)


class Combine(Augmenter[CombineOptions]):
    """Add the rows of other data with a weight of their own."""

    name = "combine"
    marks = True
    suits = ("label",)
    Options = CombineOptions
    needs = ("datasets",)
    sources = ("sources",)
    adds = False

    @classmethod
    def check(cls, options: CombineOptions, find_model: Callable[[str], Path]) -> None:
        """Raise PluginError where no source is named."""
        if not options.sources:
            raise PluginError(
                "augment combine names no data to add",
                hint="set `sources`, such as {data/older.csv: 0.5}",
            )

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.combining import combine

        self.check(self.options, self.context.find_model)
        return combine(self, data)


class Delete(Augmenter[NoiseOptions]):
    """Leave words out of copies of the training texts."""

    name = "delete"
    marks = True
    Options = NoiseOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.noise import delete

        return augment(self, data, delete)


class Filter(Augmenter[FilterOptions]):
    """Take copies out again whose label a model doubts."""

    name = "filter"
    marks = True
    suits = ("label",)
    pairs = False
    Options = FilterOptions
    needs = ("datasets", "sklearn", "torch", "transformers")
    models = ("model",)
    of_base = "model"
    adds = False
    asks_teacher = True

    def run(self, data: Dataset, teacher: Checkpoint | Bundle | None = None) -> Dataset:
        """Write the rows without copies that the model of the options, or the teacher, doubts."""
        from edgeft_augment.filtering import without_doubtful

        if self.options.model is not None:
            teacher = Checkpoint.open(self.context.find_model(self.options.model))
        if teacher is None:
            raise PluginError(
                "augment filter needs a model to ask",
                hint="set `model`, such as --set model=sentence-transformers/all-MiniLM-L6-v2",
            )
        return without_doubtful(self, data, teacher)


class Hide(Augmenter[HideOptions]):
    """Hide other words in copies of the training texts, each of which has one hidden."""

    name = "hide"
    suits = ("word",)
    marks = True
    Options = HideOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.hiding import hide

        return hide(self, data)


class Insert(Augmenter[NoiseOptions]):
    """Put words of the text in once more, anywhere, in copies of the training texts."""

    name = "insert"
    marks = True
    Options = NoiseOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.noise import insert

        return augment(self, data, insert)


class Join(Augmenter[JoinOptions]):
    """Put another text of the same label before or behind copies of the training texts."""

    name = "join"
    suits = ("label",)
    pairs = False
    Options = JoinOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.joining import join_texts

        return join_texts(self, data)


class Names(Augmenter[NameOptions]):
    """Add texts that say what each label is called."""

    name = "names"
    suits = ("label",)
    pairs = False
    Options = NameOptions
    needs = ("datasets",)
    adds = False  # a few rows a label: a student wants copies of texts besides

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.naming import add_names

        return add_names(self, data)


class Neighbours(Augmenter[NeighbourOptions]):
    """Replace words by the nearest ones of a model's embedding table in copies of the texts."""

    name = "neighbours"
    marks = True
    Options = NeighbourOptions
    needs = ("datasets", "torch", "transformers")
    models = ("model",)
    of_base = "model"

    @classmethod
    def check(cls, options: NeighbourOptions, find_model: Callable[[str], Path]) -> None:
        """Raise where no model is named, or one whose tokenizer knows no whole words."""
        from edgeft.training.words import require_words

        if options.model is None:
            raise PluginError(
                "augment neighbours needs a model whose embedding table it can read",
                hint="set `model`, such as --set model=sentence-transformers/all-MiniLM-L6-v2",
            )
        require_words(find_model(options.model))

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.neighbours import replacing

        self.check(self.options, self.context.find_model)
        model = self.context.find_model(str(self.options.model))
        noise = replacing(model, data, self.options.candidates, self.context.task)
        return augment(self, data, noise, spared=True)


class Rewrite(Augmenter[RewriteOptions]):
    """Let programs that read and write lines, such as translators, write copies of the texts."""

    name = "rewrite"
    suits = ("label", "labels", "number")
    Options = RewriteOptions
    needs = ("datasets",)

    @classmethod
    def check(cls, options: RewriteOptions, find_model: Callable[[str], Path]) -> None:
        """Raise PluginError where no program is named, or one is not installed."""
        if not all(options.commands) or not options.commands:
            raise PluginError(
                "augment rewrite names no program",
                hint="set `commands`, such as [[apertium, eng-spa], [apertium, spa-eng]]",
            )
        for program, *_ in options.commands:
            if shutil.which(program) is None:
                raise PluginError(
                    f"augment rewrite: there is no program {program}",
                    hint="install it, or name another program in `commands`",
                )

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.rewriting import rewrite

        self.check(self.options, self.context.find_model)
        return rewrite(self, data)


class Sentences(Augmenter[SentenceOptions]):
    """Add sentences of other texts to those without labels, for a student to learn from."""

    name = "sentences"
    pairs = False
    Options = SentenceOptions
    needs = ("datasets",)
    sources = ("unlabelled",)
    adds = False

    @classmethod
    def check(cls, options: SentenceOptions, find_model: Callable[[str], Path]) -> None:
        """Raise PluginError where no texts are named."""
        if not options.unlabelled:
            raise PluginError(
                "augment sentences names no texts to cut",
                hint="set `unlabelled`, such as {data/reviews.csv: 40000}",
            )

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.cutting import add_sentences

        self.check(self.options, self.context.find_model)
        return add_sentences(self, data)


class Swap(Augmenter[NoiseOptions]):
    """Exchange neighbouring words in copies of the training texts."""

    name = "swap"
    marks = True
    Options = NoiseOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.noise import swap

        return augment(self, data, swap)


class Synonyms(Augmenter[SynonymOptions]):
    """Replace words by WordNet's synonyms in copies of the training texts: English alone."""

    name = "synonyms"
    marks = True
    Options = SynonymOptions
    needs = ("datasets", "sklearn")

    @classmethod
    def check(cls, options: SynonymOptions, find_model: Callable[[str], Path]) -> None:
        """Raise PluginError where WordNet is not installed."""
        from edgeft_augment.synonyms import found_wordnet

        found_wordnet(options.folder)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.synonyms import found_wordnet, renaming

        noise = renaming(found_wordnet(self.options.folder), data)
        return augment(self, data, noise, spared=True)


class Typos(Augmenter[TypoOptions]):
    """Let words slip as people type them and scanners read them in copies of the training texts."""

    name = "typos"
    marks = True
    Options = TypoOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.slips import slipping

        return augment(self, data, slipping(list(self.options.kinds)))


class Mask(Augmenter[MaskOptions]):
    """Replace words by the tokenizer's mask token in copies of the training texts."""

    name = "mask"
    suits = ("label", "labels", "number", "spans", "span", "vector")
    marks = True
    Options = MaskOptions
    needs = ("datasets",)

    @classmethod
    def settle(cls, options: MaskOptions, model: Path) -> MaskOptions:
        """The options, with what the model's tokenizer calls a masked word."""
        if options.mask_token is not None:
            return options
        return options.model_copy(update={"mask_token": mask_token(model)})

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.noise import masking

        return augment(self, data, masking(self.options.mask_token or MASK))


class Mix(Augmenter[MixOptions]):
    """Put words of another text in copies of the training texts, for a teacher to label."""

    name = "mix"
    suits = ("label", "labels", "number")
    Options = MixOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.mixing import mixing

        return augment(self, data, mixing(data), labelled=False, alone=True)


class Mention(Augmenter[MentionOptions]):
    """Replace what is labelled by something else of its type in copies of the training texts."""

    name = "mention"
    suits = ("spans",)
    Options = MentionOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.replacing import replace_mentions

        return replace_mentions(self, data)


class Plant(Augmenter[PlantOptions]):
    """Put labelled parts of the training texts into texts without labels, for a teacher."""

    name = "plant"
    suits = ("spans",)
    Options = PlantOptions
    needs = ("datasets",)
    splits = ("unlabelled",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.planting import plant

        return plant(self, data)


@hookimpl
def edgeft_register_augmenters() -> Iterable[type[Augmenter[Any]]]:
    return [
        Combine, Delete, Filter, Hide, Insert, Join, Mask, Mention, Mix, Names, Neighbours, Plant,
        Rewrite, Sentences, Swap, Synonyms, Typos,
    ]  # fmt: skip
