"""What `private` asks for, and what cannot be had together with it. A door: nothing heavy."""

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgeft.plugin import (
    Augmenter,
    Field,
    Finetuner,
    MissingPackage,
    Options,
    PluginError,
    Step,
    TrainingError,
)
from edgeft.processes import world_size

if TYPE_CHECKING:
    from edgeft_finetune.options import FullOptions


class PrivateOptions(Options):
    """A budget for what a model may tell about any one of its training texts."""

    epsilon: float = Field(
        8.0,
        gt=0,
        description="largest factor, as its logarithm, by which one training text may change how"
        " likely any outcome is; 1 is strong, 8 is usual",
    )
    delta: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="probability with which epsilon may not hold; by default n^-1.1 for n training"
        " texts, and it has to be below 1/n",
    )
    clip: float = Field(
        1.0, gt=0, description="length to which the gradient of every text is cut before the noise"
    )


def refusal(options: "FullOptions") -> str:
    """Why `private` cannot be had with other options; an empty sentence where it can."""
    for option, (asked, reason) in {
        "mixup": (options.mixup > 0, "a mixed text has the gradient of two"),
        "adversarial": (options.adversarial != "none", "it passes over a text more than once"),
        "r_drop": (options.divergence > 0, "it passes over a text more than once"),
        "resample": (options.resample != "none", "a repeated text counts more than once"),
        "class_weights": (options.class_weights != "none", "it counts labels without noise"),
        "logit_adjustment": (options.logit_adjustment > 0, "it counts labels without noise"),
        "head": (options.head == "probe", "a probe is fitted without noise"),
        "cutoff": (options.cutoff > 0, "its loop shows every token"),
        "layer_decay": (options.layer_decay < 1, "its loop has one learning rate"),
        "continue_from": (
            options.continue_from is not None,
            "what that checkpoint was trained on is not part of the budget",
        ),
        "early_stopping": (
            options.early_stopping is not None,
            "the noise is measured out for all epochs",
        ),
        "precision": (options.precision == "bf16", "gradients of single texts are fp32"),
        "report_to": (bool(options.report_to), "its loop has no trackers"),
        "clip": (options.clip != 1.0, "set private.clip, the length of each text's gradient"),
    }.items():
        if asked:
            return f"private cannot be combined with {option}: {reason}"
    if options.max_length is None:
        return "private needs max_length: by default it is read off the training texts"
    return ""


def check_private_place(earlier: Sequence[type[Step[Any]]]) -> None:
    """Raise PluginError after a step that trains on the texts without noise, or copies them."""
    for cls in earlier:
        if issubclass(cls, Finetuner):
            raise PluginError(
                f"private cannot follow finetune: {cls.name}, which trains on the same texts"
                " without noise: the budget would not hold",
                hint=f"leave {cls.name} out, or do it on other texts in a recipe of its own, and"
                " take what it makes as base",
            )
        if issubclass(cls, Augmenter) and cls.adds:
            raise PluginError(
                f"private cannot follow augment: {cls.name}: the budget would be for each copy, not"
                " for the text that they came from",
                hint="leave the augment steps before finetune out",
            )


def check_private() -> None:
    """Raise MissingPackage without Opacus, and TrainingError in several processes."""
    if importlib.util.find_spec("opacus") is None:
        raise MissingPackage(
            "finetuner 'full' needs opacus for `private`", hint="pip install 'edgeft[private]'"
        )
    if world_size() > 1:
        raise TrainingError(
            "private cannot be combined with torchrun: every process would draw its own texts",
            hint="run it in one process, without torchrun",
        )
