"""Trains a pretrained encoder on labelled texts: all of it, adapters merged into it, a head."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from edgeft.plugin import Checkpoint, Dataset, Finetuner, Step, Task, hookimpl
from edgeft_finetune.earlier import opened
from edgeft_finetune.options import (
    OF_LABELS,
    OF_NAMES,
    AutoOptions,
    ContrastiveOptions,
    EmbedOptions,
    FullOptions,
    LoraOptions,
    ProbeOptions,
    refuse_options,
)
from edgeft_finetune.privacy import check_private, check_private_place

OF_ANSWERS = ("label", "labels", "number", "spans", "span", "vector", "word")
"""kinds of answer that a whole model is trained on"""


class Full(Finetuner[FullOptions]):
    """Train every weight of the encoder and a new head, or go on from an earlier checkpoint."""

    name = "full"
    suits = OF_ANSWERS
    answered = True
    Options = FullOptions
    models = ("continue_from",)
    files = ("old_data",)
    retains = MappingProxyType({"old_data": "continue_from"})
    needs = ("torch", "transformers", "datasets", "accelerate")
    levers = MappingProxyType(OF_LABELS | {"remember": 0.0, "replay": 0})

    @classmethod
    def check_task(cls, options: FullOptions, task: Task) -> None:
        """Raise an error for options of another task, and where `continue_from` cannot go on."""
        super().check_task(options, task)
        refuse_options(options, task)
        if options.continue_from:
            opened(options, task)

    @classmethod
    def goes_on(cls, options: FullOptions) -> bool:
        """Whether the labels of `continue_from` stand beside those of the data."""
        return options.continue_from is not None

    @classmethod
    def check_place(cls, options: FullOptions, earlier: Sequence[type[Step[Any]]]) -> None:
        """Refuse `private` after a step that gives the same texts another way into the model."""
        if options.private:
            check_private_place(earlier)

    @classmethod
    def check(cls, options: FullOptions, find_model: Callable[[str], Path]) -> None:
        """Raise an error where `private` cannot be had here."""
        if options.private:
            check_private()

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Train on the training texts; validation decides which weights are kept."""
        if self.options.private:
            from edgeft_finetune.private import finetune as finetune_privately

            self.check(self.options, self.context.find_model)
            with self.writing(Checkpoint, base=base, data=data) as draft:
                finetune_privately(draft, base, data, self.options, self.context)
            return draft.artifact
        if self.options.continue_from:
            from edgeft_finetune.continuing import finetune as go_on

            before = Checkpoint.open(Path(self.options.continue_from))
            with self.writing(Checkpoint, before=before, data=data) as draft:
                go_on(draft, data, self.options, self.context)
            return draft.artifact
        from edgeft_finetune.full import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


class Lora(Finetuner[LoraOptions]):
    """Train adapters (LoRA, DoRA, AdaLoRA, IA3) and a new head, and merge them into the encoder."""

    name = "lora"
    suits = OF_ANSWERS
    answered = True
    Options = LoraOptions
    needs = ("torch", "transformers", "datasets", "accelerate", "peft")
    levers = OF_LABELS

    @classmethod
    def check_task(cls, options: LoraOptions, task: Task) -> None:
        """Raise an error for options that are of one label a text, for another task."""
        super().check_task(options, task)
        refuse_options(options, task)

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Train on the training texts; validation decides which weights are kept."""
        from edgeft_finetune.lora import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


class Probe(Finetuner[ProbeOptions]):
    """Fit a head on the frozen encoder: seconds, and hard to beat with a handful of labels."""

    name = "probe"
    marks = False
    suits = ("label",)
    pairs = False
    Options = ProbeOptions
    needs = ("torch", "transformers", "datasets", "sklearn")
    levers = MappingProxyType(OF_NAMES | {"logit_adjustment": 0.0})
    distributed = False

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Fit logistic regression on the vectors of the training texts."""
        from edgeft_finetune.probe import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


class Auto(Finetuner[AutoOptions]):
    """Choose a finetuner by cross-validation on the training labels, and train with it."""

    name = "auto"
    marks = False
    suits = ("label",)
    pairs = False
    Options = AutoOptions
    needs = ("torch", "transformers", "datasets", "accelerate", "sklearn")
    finetuners = ("among",)
    levers = OF_NAMES
    distributed = False

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Try the finetuners on folds of the training texts, and train with the best on all."""
        from edgeft_finetune.choosing import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


class Contrastive(Finetuner[ContrastiveOptions]):
    """Draw texts of one label together (as SetFit does), then fit a head: for few labels."""

    name = "contrastive"
    marks = False
    suits = ("label",)
    pairs = False
    Options = ContrastiveOptions
    needs = ("torch", "transformers", "datasets", "accelerate", "sklearn")
    levers = MappingProxyType(
        OF_NAMES | {"blend": 1.0, "contrast": 0.0, "cutoff": 0.0, "examples": 0, "soup": 1}
    )
    distributed = False

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Train the encoder on pairs of the training texts, and a head on their vectors."""
        from edgeft_finetune.contrastive import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


class Embed(Finetuner[EmbedOptions]):
    """Take a sentence encoder as it is: what smaller ones are made of, and compared with."""

    name = "embed"
    suits = ("vector",)
    pairs = False
    Options = EmbedOptions
    needs = ("torch", "transformers", "datasets")
    distributed = False

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        """Write the encoder with its pooling, for texts as long as the training texts."""
        from edgeft_finetune.embed import finetune

        with self.writing(Checkpoint, base=base, data=data) as draft:
            finetune(draft, base, data, self.options, self.context)
        return draft.artifact


@hookimpl
def edgeft_register_finetuners() -> Iterable[type[Finetuner[Any]]]:
    return [Auto, Contrastive, Embed, Full, Lora, Probe]
