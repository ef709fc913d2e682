"""Augmenters: copies with words left out, exchanged, masked or replaced; a filter; other data."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from edgeft.data import Columns
from edgeft.plugin import Augmenter, Dataset, Field, Options, PluginError, hookimpl


class NoiseOptions(Options):
    """How often, and how much."""

    copies: int = Field(1, ge=1, description="changed copies of every training text")
    rate: float = Field(0.1, gt=0, le=1, description="share of a text's words that is changed")


class MaskOptions(NoiseOptions):
    """How often, how much, and with what."""

    rate: float = Field(0.15, gt=0, le=1, description="share of a text's words that is masked")
    mask_token: str = Field(
        "[MASK]",
        min_length=1,
        description="what stands for a masked word: the mask token of the teacher's tokenizer",
    )


class MixOptions(NoiseOptions):
    """How often, and how much of the other text."""

    rate: float = Field(
        0.5, gt=0, le=1, description="share of a text's words that another's take the place of"
    )


class TypoOptions(NoiseOptions):
    """How often, how much, and of which kinds."""

    kinds: list[Literal["keyboard", "ocr", "spelling"]] = Field(
        ["keyboard", "ocr", "spelling"],
        min_length=1,
        description="slips of fingers on a keyboard, of character recognition, of spelling",
    )


class RewriteOptions(Options):
    """Which programs write the copies."""

    commands: list[list[str]] = Field(
        [],
        description="programs with their arguments, each given the lines that the one before wrote:"
        " [[apertium, eng-spa], [apertium, spa-eng]] translates there and back",
    )


class NeighbourOptions(NoiseOptions):
    """How often, how much, and by whose measure of likeness."""

    rate: float = Field(0.3, gt=0, le=1, description="share of a text's words that is replaced")
    model: str | None = Field(
        None,
        min_length=1,
        description="model whose embedding table says which words are alike: a directory, a hub id"
        " or pkg:PACKAGE/FOLDER; in a recipe by default its base",
    )
    candidates: int = Field(10, ge=1, description="nearest words that one is drawn from")


class FilterOptions(Options):
    """By whose measure."""

    model: str | None = Field(
        None,
        min_length=1,
        description="model that is asked: one that was trained on the same labels, or an encoder,"
        " which gets a head for them; in a recipe by default its base",
    )


class SynonymOptions(NoiseOptions):
    """How often, how much, and whose synonyms."""

    rate: float = Field(0.2, gt=0, le=1, description="share of a text's words that is replaced")
    folder: str | None = Field(
        None,
        min_length=1,
        description="folder of WordNet's files (index.noun and so on); by default where Debian's"
        " wordnet-base and NLTK put them",
    )


class CombineOptions(Options):
    """Whose rows, how much they count, and what their labels are called here."""

    sources: dict[str, Annotated[float, Field(gt=0)]] = Field(
        {},
        description="other data, each with what its rows weigh beside those of train:"
        " {data/older.csv: 0.5}; files, folders, hub ids and samples, as `data.train` takes them",
    )
    columns: Columns = Field(Columns(), description="names of their columns")
    labels: dict[str, str] = Field(
        {}, description="what their labels are called here: {theirs: ours}; others keep their names"
    )
    unknown: Literal["refuse", "leave-out"] = Field(
        "refuse", description="what becomes of rows whose label the data does not have"
    )
    encoding: str = Field("utf-8", description="character encoding of their text files")


class Combine(Augmenter[CombineOptions]):
    """Add the rows of other data with a weight of their own."""

    name = "combine"
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
    Options = NoiseOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.noise import delete

        return augment(self, data, delete)


class Filter(Augmenter[FilterOptions]):
    """Take copies out again whose label a model doubts."""

    name = "filter"
    Options = FilterOptions
    needs = ("datasets", "sklearn", "torch", "transformers")
    models = ("model",)
    adds = False

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.filtering import without_doubtful

        if self.options.model is None:
            raise PluginError(
                "augment filter needs a model to ask",
                hint="set `model`, such as --set model=sentence-transformers/all-MiniLM-L6-v2",
            )
        return without_doubtful(self, data, self.context.find_model(self.options.model))


class Insert(Augmenter[NoiseOptions]):
    """Put words of the text in once more, anywhere, in copies of the training texts."""

    name = "insert"
    Options = NoiseOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.noise import insert

        return augment(self, data, insert)


class Neighbours(Augmenter[NeighbourOptions]):
    """Replace words by the nearest ones of a model's embedding table in copies of the texts."""

    name = "neighbours"
    Options = NeighbourOptions
    needs = ("datasets", "torch", "transformers")
    models = ("model",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.neighbours import replacing

        if self.options.model is None:
            raise PluginError(
                "augment neighbours needs a model whose embedding table it can read",
                hint="set `model`, such as --set model=sentence-transformers/all-MiniLM-L6-v2",
            )
        model = self.context.find_model(self.options.model)
        noise = replacing(model, data, self.options.candidates, self.context.task)
        return augment(self, data, noise)


class Rewrite(Augmenter[RewriteOptions]):
    """Let programs that read and write lines, such as translators, write copies of the texts."""

    name = "rewrite"
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


class Swap(Augmenter[NoiseOptions]):
    """Exchange neighbouring words in copies of the training texts."""

    name = "swap"
    Options = NoiseOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.noise import swap

        return augment(self, data, swap)


class Synonyms(Augmenter[SynonymOptions]):
    """Replace words by WordNet's synonyms in copies of the training texts: English alone."""

    name = "synonyms"
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

        return augment(self, data, renaming(found_wordnet(self.options.folder), data))


class Typos(Augmenter[TypoOptions]):
    """Let words slip as people type them and scanners read them in copies of the training texts."""

    name = "typos"
    Options = TypoOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.slips import slipping

        return augment(self, data, slipping(list(self.options.kinds)))


class Mask(Augmenter[MaskOptions]):
    """Replace words by the tokenizer's mask token in copies of the training texts."""

    name = "mask"
    Options = MaskOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.noise import masking

        return augment(self, data, masking(self.options.mask_token))


class Mix(Augmenter[MixOptions]):
    """Put words of another text in copies of the training texts, for a teacher to label."""

    name = "mix"
    Options = MixOptions
    needs = ("datasets",)

    def run(self, data: Dataset) -> Dataset:
        from edgeft_augment.copying import augment
        from edgeft_augment.mixing import mixing

        return augment(self, data, mixing(data), labelled=False, alone=True)


@hookimpl
def edgeft_register_augmenters() -> Iterable[type[Augmenter[Any]]]:
    return [Combine, Delete, Filter, Insert, Mask, Mix, Neighbours, Rewrite, Swap, Synonyms, Typos]
