"""What can be asked of the augmenters. A part of their door: nothing heavy."""

from typing import Annotated, Literal

from edgeft.data import Columns
from edgeft.data.templates import TEMPLATES, Descriptions, Template
from edgeft.plugin import Field, Options

MASK = "[MASK]"
"""what stands for a masked word where nobody says which model will read it"""


class NoiseOptions(Options):
    """How often, and how much."""

    copies: int = Field(1, ge=1, description="changed copies of every training text")
    rate: float = Field(0.1, gt=0, le=1, description="share of a text's words that is changed")


class HideOptions(Options):
    """How often."""

    copies: int = Field(4, ge=1, description="copies of every training text, as far as words last")


class JoinOptions(Options):
    """How often."""

    copies: int = Field(1, ge=1, description="joined copies of every training text")


class MaskOptions(NoiseOptions):
    """How often, how much, and with what."""

    rate: float = Field(0.15, gt=0, le=1, description="share of a text's words that is masked")
    mask_token: str | None = Field(
        None,
        min_length=1,
        description="what stands for a masked word; in a recipe by default the mask token of its"
        " teacher or base, else [MASK]",
    )


class MentionOptions(NoiseOptions):
    """How often, and how much of what is labelled."""

    rate: float = Field(
        0.5, gt=0, le=1, description="share of a text's labelled parts that is replaced"
    )


class PlantOptions(NoiseOptions):
    """How often, and how many words are changed beside what is put in."""

    copies: int = Field(
        1, ge=1, description="changed copies of every text, whether it has a label or not"
    )
    rate: float = Field(
        0.12, ge=0, le=1, description="share of a text's words that others take the place of"
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


class NameOptions(Options):
    """What the labels are called."""

    descriptions: Descriptions = {}
    templates: list[Template] = Field(
        list(TEMPLATES),
        min_length=1,
        description="phrases around a name, with {} in its place: each makes a text of each label",
    )


class RewriteOptions(Options):
    """Which programs write the copies."""

    commands: list[list[str]] = Field(
        [],
        description="programs with their arguments, each given the lines that the one before wrote:"
        " [[apertium, eng-spa], [apertium, spa-eng]] translates there and back",
    )
    timeout: float = Field(
        600.0,
        gt=0,
        description="seconds that each program has for 100 texts, which it is given at a time",
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
        " which gets a head for them; in a recipe by default the model that it has trained by then"
        " without copies, or else its base",
    )
    soft: bool = Field(
        False,
        description="give each copy that stays what the model says it is, as probabilities, for"
        " `full`, `lora`, `contrastive` and `self-training` to learn in place of its label",
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


class SentenceOptions(Options):
    """Whose sentences, how many, and how long they are."""

    unlabelled: dict[str, Annotated[int, Field(ge=1)] | None] = Field(
        {},
        description="other texts, each with how many of its sentences are drawn, null for all:"
        " {reviews.csv: 40000}; files, folders, hub ids and samples, as `data.unlabelled` takes"
        " them",
    )
    fewest_words: int = Field(4, ge=1, description="words of the shortest sentences")
    most_words: int = Field(60, ge=1, description="words of the longest")
    columns: Columns = Field(Columns(), description="names of their columns")
    encoding: str = Field("utf-8", description="character encoding of their text files")


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
