"""Finetuners that learn from texts without labels."""

from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from edgeft.data.templates import TEMPLATES, Descriptions, Template
from edgeft.plugin import (
    Checkpoint,
    Cutoff,
    Dataset,
    Field,
    Finetuner,
    HeadOptions,
    ModelError,
    OptimizerOptions,
    Options,
    TrainingOptions,
    field_validator,
    hookimpl,
    model_validator,
)

FROZEN = ("names", "probe")
"""finetuners that leave the encoder as it is: another seed gives the same model"""


class AdaptOptions(OptimizerOptions):
    """How an encoder gets used to the texts."""

    objective: Literal["mask", "contrast"] = Field(
        "mask",
        description="guess hidden words (`mask`), or find a text's other dropout among the texts of"
        " its batch (`contrast`, SimCSE), which keeps what a sentence encoder says of whole texts",
    )
    epochs: float = Field(3, gt=0, description="passes over the texts")
    learning_rate: float = Field(5e-5, gt=0, description="peak learning rate of AdamW")
    mask_rate: float = Field(0.15, gt=0, lt=1, description="share of the words that are hidden")
    temperature: float = Field(
        0.05, gt=0, description="of `contrast`: cosines are divided by it before they are compared"
    )


class NamesOptions(Options):
    """What the labels are called."""

    descriptions: Descriptions = {}
    templates: list[Template] = Field(
        list(TEMPLATES),
        min_length=1,
        description="phrases around a name, with {} in its place; a label is the mean of them",
    )
    scale: float = Field(
        20.0, gt=0, description="cosines are multiplied by it before they become probabilities"
    )
    pooling: Literal["auto", "mean", "first"] = Field(
        "auto", description="what the head reads, as of `probe`"
    )
    max_length: int | None = Field(
        None, ge=4, description="tokens a text; by default what 99.5 % of the training texts need"
    )


class SelfTrainingOptions(HeadOptions, TrainingOptions):
    """How a model learns from what it says itself."""

    finetuner: str | None = Field(
        None,
        description="what trains the first model, on the labels alone: `probe` up to 1,000 labelled"
        " texts by default, and `full` of more; with `names` no text's label is looked at",
    )
    finetuner_options: dict[str, Any] = Field(
        {}, description="options of that finetuner, such as {epochs: 10}"
    )
    voices: int = Field(
        1,
        ge=1,
        description="first models, each trained by another seed, whose word for the texts is"
        " averaged; one where `probe` or `names` begins, which say the same by any seed",
    )
    rounds: int = Field(1, ge=1, description="models that are trained after the first one")
    soft: bool = Field(
        True,
        description="learn what the texts are as probabilities, going on from the model before; or"
        " with `false` the likeliest labels alone, each round anew with `finetuner`",
    )
    trains: Literal["all", "head"] = Field(
        "all",
        description="what learns probabilities: the encoder too, or the head alone, in one round",
    )
    confidence: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="texts whose likeliest label is less likely are left out, such as 0.8 where"
        " labels are not soft",
    )
    balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="how far labels of the texts are drawn to how frequent each is among the"
        " labelled ones: 0 leaves them, 1 makes them the same",
    )
    neighbours: int = Field(
        15,
        ge=0,
        description="texts next to each that labels spread to before anything is learnt; 0 believes"
        " a head alone",
    )
    epochs: float = Field(2, gt=0, description="passes over all texts, each round")
    learning_rate: float = Field(1e-4, gt=0, description="peak learning rate of AdamW")
    cutoff: Cutoff | None = Field(
        None,
        description="share of a text's tokens that are hidden from the encoder while it learns"
        " probabilities, others each time it reads the text; 0.15 by default",
    )
    weights: Literal["auto", "best", "last"] = Field(
        "last", description="keep the weights of the best evaluation or the last ones, as of `full`"
    )

    @property
    def turns(self) -> int:
        """Rounds that make sense: an encoder that stays as it is would say the same again."""
        return 1 if self.soft and self.trains == "head" else self.rounds

    def moot(self) -> frozenset[str]:
        """What is of an encoder that learns, of further rounds and of names, without them."""
        found = set(super().moot())
        if self.trains == "head" or not self.soft:
            found.add("cutoff")
        if self.turns < self.rounds:
            found.add("rounds")
        if self.finetuner == "names":  # no head is fitted on labelled texts
            found |= {"descriptions", "label_names"}
        if self.finetuner in FROZEN:
            found.add("voices")
        return frozenset(found)

    @model_validator(mode="after")
    def trains_what_it_hides_from(self) -> Self:
        """Refuse to hide tokens where no encoder learns under it."""
        if self.cutoff and (self.trains == "head" or not self.soft):
            raise ValueError(
                "cutoff is for an encoder that learns probabilities: leave it out, or, with"
                " `soft: false`, set it in finetuner_options"
            )
        return self

    @model_validator(mode="after")
    def trains_anew_on_labels(self) -> Self:
        """Refuse to train anew, on labels alone, what reads no label of a text."""
        if self.finetuner == "names" and not self.soft:
            raise ValueError(
                "soft: false trains anew on labels, which `names` does not read; leave it out, or"
                " name another finetuner"
            )
        return self

    @field_validator("finetuner")
    @classmethod
    def is_another(cls, finetuner: str | None) -> str | None:
        """Refuse to begin with itself."""
        if finetuner == "self-training":
            raise ValueError("self-training cannot begin with itself; name another finetuner")
        return finetuner


class Adapt(Finetuner[AdaptOptions]):
    """Go on with pretraining on all texts, labelled or not, before a further finetune step."""

    name = "adapt"
    Options = AdaptOptions
    needs = ("torch", "transformers", "datasets", "accelerate")
    distributed = False
    answers = False

    @classmethod
    def gives_head(cls, options: AdaptOptions) -> bool:
        """Whether words were hidden: the head that guessed them is kept."""
        return options.objective == "mask"

    @classmethod
    def check_base(cls, options: AdaptOptions, base: Path) -> None:
        """Refuse to hide words where the tokenizer has nothing to put in their place."""
        from edgeft.training.encoding import load_tokenizer

        if options.objective == "mask" and load_tokenizer(base).mask_token_id is None:
            raise ModelError(
                f"the tokenizer of {base} has no mask token to hide words with",
                hint="set objective: contrast, or name a base that was trained with hidden words",
            )

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Train on the training texts and the unlabelled ones; labels are not looked at."""
        from edgeft_unlabelled.adapting import adapt

        with self.writing(Checkpoint, base=base, data=data) as draft:
            adapt(draft, base, data, self.options, self.context)
        return draft.artifact


class Names(Finetuner[NamesOptions]):
    """Make a head of the labels' names on the frozen encoder: where no text has a label yet.

    The labels are those that the data knows; the labels of its training texts are not looked at.
    """

    name = "names"
    marks = False
    suits = ("label",)
    pairs = False
    Options = NamesOptions
    needs = ("torch", "transformers", "datasets", "sklearn")
    levers = MappingProxyType({"descriptions": {}, "templates": ["{}"]})
    distributed = False

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Put the vectors of the names where a head has its weights."""
        from edgeft_unlabelled.naming import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


class SelfTraining(Finetuner[SelfTrainingOptions]):
    """Learn from texts without labels what a first model and their likeness say of them."""

    name = "self-training"
    marks = False
    suits = ("label",)
    pairs = False
    Options = SelfTrainingOptions
    needs = ("torch", "transformers", "datasets", "accelerate", "sklearn")
    splits = ("unlabelled",)
    stand_in = "auto"
    levers = MappingProxyType(
        {
            "balance": 0.0,
            "confidence": 0.0,
            "cutoff": 0.0,
            "descriptions": {},
            "label_names": "no",
            "neighbours": 0,
            "rounds": 1,
            "soft": False,
            "voices": 1,
        }
    )
    finetuners = ("finetuner",)
    distributed = False

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Train on the labels, then on what comes of them for the unlabelled texts."""
        from edgeft_unlabelled.rounds import self_train

        with self.writing(Checkpoint, base=base, data=data) as draft:
            self_train(draft, base, data, self.options, self.context)
        return draft.artifact


@hookimpl
def edgeft_register_finetuners() -> Iterable[type[Finetuner[Any]]]:
    return [Adapt, Names, SelfTraining]
