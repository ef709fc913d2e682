"""Pruning: a checkpoint loses the tokens, neurons, heads or layers that its task does not need."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from edgeft.plugin import (
    Checkpoint,
    Dataset,
    DistillationOptions,
    Field,
    Options,
    Pruner,
    hookimpl,
    model_validator,
)

Layer = Annotated[int, Field(ge=0)]


class RepairOptions(DistillationOptions):
    """How the pruned model learns to answer as the whole one does."""

    epochs: float = Field(2, gt=0, description="passes over the transfer set")


class VocabularyOptions(Options):
    """Which tokens stay."""

    corpora: list[Path] = Field(
        [],
        description="files of texts (txt, csv, tsv, jsonl, json, parquet) whose tokens are kept as"
        " well, such as what the model will read in use",
    )
    use_unlabelled: bool = Field(True, description="keep the unlabelled pool's tokens as well")
    reserve: int | None = Field(
        None,
        ge=0,
        description="the base's most common tokens that are kept though no text has them; by"
        " default 500, and 20,000 where words are answered one by one, for names that nobody has"
        " seen are spelled in them",
    )
    size: int | None = Field(
        None, ge=1, description="largest vocabulary: the rarest tokens of the texts go as well"
    )
    characters: Literal["all", "scripts", "seen"] = Field(
        "scripts",
        description="single characters to keep: all, so that any text encodes as it did; those of"
        " the scripts that the texts are written in, with ASCII, punctuation and currency signs;"
        " or ASCII and those that the texts have",
    )
    positions: bool = Field(
        True, description="cut absolute position embeddings down to max_length as well"
    )
    repair: RepairOptions | None = Field(
        None, description="options of a distillation from the whole model; by default none"
    )


class StructureOptions(Options):
    """How many neurons and heads stay, and how they are chosen."""

    neurons: float | None = Field(
        None,
        gt=0,
        le=1,
        description="share of each layer's feed-forward neurons that is kept, in steps of 8; by"
        " default half of them",
    )
    heads: float = Field(
        1.0,
        gt=0,
        le=1,
        description="share of each layer's attention heads that is kept; in BERT and its kin the"
        " others are set to zero, and what is exported does without them",
    )
    parameters: int | None = Field(
        None,
        ge=1,
        description="parameters that the model may have: neurons go until no more are left,"
        " instead of a share",
    )
    p50_ms: float | None = Field(
        None,
        gt=0,
        description="median time of a single validation text, from string to answer, in"
        " milliseconds: neurons go until the graph that `export: onnx` and `quantize: dynamic` make"
        " by default answers within it, here, with the threads of `bench`; instead of a share",
    )
    texts: int = Field(1024, ge=1, description="training texts that importance is measured on")
    repair: RepairOptions | None = Field(
        RepairOptions(),
        description="options of a distillation from the whole model; null for none",
    )

    @model_validator(mode="after")
    def removes_something(self) -> Self:
        """Refuse options that leave everything where it is."""
        if self.neurons == self.heads == 1:
            raise ValueError("neurons and heads are both 1: nothing would be removed")
        return self

    @model_validator(mode="after")
    def has_one_target(self) -> Self:
        """Refuse two answers to the question how many neurons stay."""
        targets = [self.neurons, self.parameters, self.p50_ms]
        if sum(each is not None for each in targets) > 1:
            raise ValueError("neurons, parameters and p50_ms exclude each other: give one of them")
        return self


class LayersOptions(Options):
    """Which layers stay."""

    keep: int | list[Layer] = Field(
        description="encoder layers to keep: how many (evenly spaced, first and last included) or"
        " which"
    )
    repair: RepairOptions | None = Field(
        None, description="options of a distillation from the whole model; by default none"
    )


P = TypeVar("P", VocabularyOptions, StructureOptions, LayersOptions)


class Repaired(Pruner[P]):
    """What is left may learn from the whole model to answer as it does."""

    needs = ("torch", "transformers", "datasets", "accelerate", "safetensors")

    @classmethod
    def trains(cls, options: P) -> bool:
        """Whether it is repaired."""
        return options.repair is not None


class Vocabulary(Repaired[VocabularyOptions]):
    """Keep the tokens that the texts need, and those without which any text would not encode."""

    name = "vocabulary"
    Options = VocabularyOptions
    files = ("corpora",)

    def run(self, checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
        """Write the checkpoint with a smaller tokenizer and the rows that it leads to."""
        from edgeft_prune.vocabulary import prune

        return prune(self, checkpoint, data)


class Structure(Repaired[StructureOptions]):
    """Remove the feed-forward neurons and attention heads that matter least to the loss."""

    name = "structure"
    suits = ("label", "labels", "number", "spans", "span", "word")
    Options = StructureOptions

    def run(self, checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
        """Write the checkpoint with narrower layers."""
        from edgeft_prune.structure import prune

        return prune(self, checkpoint, data)


class Layers(Repaired[LayersOptions]):
    """Keep some of the encoder's layers as they are."""

    name = "layers"
    Options = LayersOptions

    def run(self, checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
        """Write the checkpoint with fewer layers."""
        from edgeft_prune.layers import prune

        return prune(self, checkpoint, data)


@hookimpl
def edgeft_register_pruners() -> Iterable[type[Pruner[Any]]]:
    return [Layers, Structure, Vocabulary]
