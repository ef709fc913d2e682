"""Finetuners that put a prompt before or around the texts, and bake it into the checkpoint."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from edgeft.plugin import (
    Checkpoint,
    Dataset,
    Field,
    Finetuner,
    ModelError,
    TrainingOptions,
    field_validator,
    hookimpl,
)

NEEDS = ("torch", "transformers", "datasets", "accelerate")
OTHERS = (
    "take `finetune: {method: prompt}` or `finetune: {method: lora}`, or a model such as BERT's"
)
"""what to do about a model that takes no prefixes"""


class PromptOptions(TrainingOptions):
    """How a soft prompt is learnt."""

    learning_rate: float = Field(1e-2, gt=0, description="peak learning rate of AdamW")
    kind: Literal["soft"] = Field(
        "soft", description="what is learnt: vectors that stand before the text's own (`soft`)"
    )
    tokens: int = Field(
        16, ge=1, description="vectors of the prompt; every text is longer by as many tokens"
    )
    start: Literal["labels", "random"] = Field(
        "labels",
        description="where the vectors start: as the tokens of the labels' names, in turn, or as"
        " those of random tokens",
    )
    pooling: Literal["auto", "mean", "first", "own"] = Field(
        "auto",
        description="what the head reads, as of `full`: the `mean` of the token vectors, the"
        " `first` of them, or what the architecture's `own` classifier does",
    )


class PrefixOptions(TrainingOptions):
    """How prefixes are learnt."""

    learning_rate: float = Field(1e-2, gt=0, description="peak learning rate of AdamW")
    batch_size: int = Field(16, ge=1, description="texts a step and process")
    tokens: int = Field(16, ge=1, description="keys and values that each layer reads besides")
    projection: bool = Field(
        False,
        description="learn the prefixes through a small network that is dropped after training, not"
        " as they are",
    )
    start: Literal["labels", "random"] = Field(
        "labels",
        description="where the prefixes start: as what each layer makes of the labels' names, in"
        " turn, or of random tokens",
    )
    pooling: Literal["auto", "mean", "first"] = Field(
        "auto",
        description="what the head reads: the `mean` of the token vectors, or the `first` of them;"
        " auto is the pooling that a sentence encoder was trained with, and the mean for others",
    )


class ClozeOptions(TrainingOptions):
    """How a masked language model answers with words that stand for labels."""

    epochs: float = Field(
        5, ge=0, description="passes over the training texts; 0 asks the model as it is"
    )
    pattern: str = Field(
        "{mask}: {text}",
        description="what the model reads of each text: {text} and {mask} once each, and words"
        " around them, such as '{text} It was about {mask}.'",
    )
    words: dict[str, list[str]] = Field(
        {},
        description="words that stand for a label at the mask, such as {complaint: [bad, angry]};"
        " by default the label's name as words",
    )

    @field_validator("pattern")
    @classmethod
    def has_text_and_mask(cls, pattern: str) -> str:
        """Refuse a pattern without a text, without a mask, or with several."""
        for part in ("{text}", "{mask}"):
            if pattern.count(part) != 1:
                raise ValueError(f"the pattern needs {part} once, such as '{{mask}}: {{text}}'")
        return pattern

    @field_validator("words")
    @classmethod
    def has_words(cls, words: dict[str, list[str]]) -> dict[str, list[str]]:
        """Refuse a label without words."""
        for label, some in words.items():
            if not some or not all(word.strip() for word in some):
                raise ValueError(f"{label!r} has no words, or an empty one")
        return words


class Prompt(Finetuner[PromptOptions]):
    """Learn a few vectors that stand before every text, and a head; the encoder stays as it is.

    The vectors become tokens of the vocabulary that the tokenizer puts there itself.
    """

    name = "prompt"
    marks = False
    suits = ("label",)
    pairs = False
    Options = PromptOptions
    needs = NEEDS

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Train the prompt on the training texts, and bake it into a checkpoint."""
        from edgeft_prompt.soft import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


class Prefix(Finetuner[PrefixOptions]):
    """Learn keys and values that every layer reads before a text's own, and a head (P-tuning v2).

    The encoder stays as it is; the vectors become weights beside its own.
    """

    name = "prefix"
    marks = False
    suits = ("label",)
    pairs = False
    Options = PrefixOptions
    needs = (*NEEDS, "peft")

    @classmethod
    def check_base(cls, options: PrefixOptions, base: Path) -> None:
        """Refuse a model whose layers take no prefixes, or have some already."""
        from edgeft.architectures import PREFIXED, kind_of, takes_prefixes

        kind = kind_of(base)
        if kind.startswith(PREFIXED):
            raise ModelError(
                f"{base} has prefixes already", hint="name the model that they were trained for"
            )
        if not takes_prefixes(kind):
            raise ModelError(
                f"the layers of {kind or 'unknown'} models take no prefix", hint=OTHERS
            )

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Train the prefixes on the training texts, and write them as weights of a checkpoint."""
        from edgeft_prompt.prefix import finetune

        self.check_base(self.options, base)
        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


class Cloze(Finetuner[ClozeOptions]):
    """Let a masked language model fill in a word that stands for a label (PET).

    It needs a model with a masked-language-model head, and knows something without any training.
    """

    name = "cloze"
    marks = False
    suits = ("label",)
    pairs = False
    Options = ClozeOptions
    needs = NEEDS
    checks_head = True

    @classmethod
    def check_base(cls, options: ClozeOptions, base: Path) -> None:
        """Refuse a model that cannot say what stands at a mask."""
        from edgeft.training.heads import REMEDY, has_masked_head

        if not has_masked_head(base):
            raise ModelError(f"{base} has no masked-language-model head", hint=REMEDY)

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Train on the training texts, and write a classifier that reads the masked word."""
        from edgeft_prompt.cloze import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


@hookimpl
def edgeft_register_finetuners() -> Iterable[type[Finetuner[Any]]]:
    return [Cloze, Prefix, Prompt]
