"""Trains every weight."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from copy import copy
from pathlib import Path
from typing import Any

import datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast, TrainerCallback, set_seed

from edgeft.architectures import trained_pooling
from edgeft.data.rows import answers_of, labelled, open_split, originals
from edgeft.plugin import Context, Dataset, ModelError, Task
from edgeft.probing.probe import Reader, probe, put
from edgeft.surgery.heights import freeze_lowest, rates
from edgeft.training.encoding import load_tokenizer
from edgeft.training.heads import has_head
from edgeft.training.loop import (
    Extras,
    Loss,
    Trained,
    Tricks,
    pick_max_length,
    save_checkpoint,
    train,
)
from edgeft.training.shares import soft_extras
from edgeft_finetune.balance import resampled
from edgeft_finetune.labels_loss import loss_for, task_loss
from edgeft_finetune.mixup import mixing
from edgeft_finetune.options import FinetuneOptions


def finetune(
    draft: Any, base: Path, data: Dataset, options: FinetuneOptions, context: Context
) -> None:
    """Train `base` with a head for the labels of `data`, and write it into the draft."""
    set_seed(context.seed)
    model = context.task.load_model(base, data.labels, pooling=pooling_for(base, options))
    tokenizer = load_tokenizer(base)
    if options.head == "probe":
        start_as_probe(base, model, tokenizer, data, options, context)
    if options.freeze:
        freeze_lowest(model, options.freeze)
    new_head = not has_head(base, data.labels)
    trained = fit(model, tokenizer, data, options, context, new_head=new_head)
    save_checkpoint(draft, trained.model, tokenizer, trained.max_length, data.labels)
    draft.figures = trained.figures


def pooling_for(base: Path, options: FinetuneOptions) -> str | None:
    """What the head is to read of `base`; None for what its own reads."""
    if options.pooling == "auto":
        return trained_pooling(base)
    return None if options.pooling == "own" else options.pooling


def start_as_probe(
    base: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Dataset,
    options: FinetuneOptions,
    context: Context,
) -> None:
    """Give a model that is to be trained the head that does best while its encoder is frozen.

    From a random head, the first steps pull an encoder about for nothing (Kumar et al. 2022,
    https://arxiv.org/abs/2202.10054). Raises ModelError where the head reads no pooled vector.
    """
    if not hasattr(model, "pooling"):
        raise ModelError(
            f"{base} does not say what its token vectors are pooled to",
            hint="set pooling: mean, or head: random",
        )
    rows = originals(labelled(open_split(data, "train")))
    length = pick_max_length(model, tokenizer, rows, options.max_length, context.seed)
    found = probe(Reader(base, model, tokenizer, length, context), rows, data.labels)
    put(found.head, model)


def labelled_rows(data: Dataset, context: Context) -> datasets.Dataset:
    """The training rows with a label; others, such as mixed copies, have nothing to teach."""
    train_rows = open_split(data, "train")
    rows = labelled(train_rows)
    if len(rows) < len(train_rows):
        context.progress.note(
            f"finetune leaves out {len(train_rows) - len(rows):,} training rows without a label"
        )
    return rows


def tempered(task: Task, options: FinetuneOptions) -> Task:
    """The task with the temperature that the options ask for."""
    if options.temperature is None:
        return task
    found = copy(task)
    found.temperature = options.temperature
    return found


def joined(one: Extras | None, other: Extras | None) -> Extras | None:
    """What a batch gets of both."""
    if one is None or other is None:
        return one or other
    return lambda rows: one(rows) | other(rows)


def fit(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Dataset,
    options: FinetuneOptions,
    context: Context,
    *,
    rows: datasets.Dataset | None = None,
    validation: datasets.Dataset | None = None,
    labels: list[str] | None = None,
    new_head: bool = True,
    extras: Extras | None = None,
    around: Callable[[Loss], Loss] = lambda loss: loss,
    callbacks: Sequence[TrainerCallback] = (),
) -> Trained:
    """Train what can be trained of a model on the labels of `data`.

    `rows`, `validation` and `labels` are others than the data's own, `new_head` says whether the
    head has learnt nothing yet, `extras` are what the batches of rows hold besides, `around` makes
    the loss of that which the options ask for, and `callbacks` see each step.
    """
    if options.cutoff and hasattr(model.config, "cloze_place"):
        raise ModelError(
            "cutoff may hide the token that the head of a cloze model reads", hint="set cutoff to 0"
        )
    rows = labelled_rows(data, context) if rows is None else rows
    labels = labels or data.labels
    shown = resampled(rows, labels, options.resample, context.seed)
    loss = around(
        loss_for(options, shown, labels)
        if context.task.answer == "label"
        else task_loss(tempered(context.task, options), options)
    )
    starts = labels == data.labels  # with a head that is new, or that knew the same labels
    if context.task.answer == "label":
        extras = joined(extras, soft_extras(shown, labels, data.labels))
    of_head = context.task.start(model, answers_of(rows), new=new_head) if starts else {}
    apart = not options.mixup and options.adversarial == "none"  # a row meets no other in the model
    mixed = mixing(model, options.mixup, context.seed) if options.mixup else nullcontext()
    with mixed as mixup:
        return train(
            model,
            tokenizer,
            shown,
            open_split(data, "validation") if validation is None else validation,
            task=context.task,
            labels=labels,
            options=options,
            context=context,
            batch_extras=extras,
            loss=mixup.of(loss) if mixup else loss,
            views=2 if options.divergence else 1,
            tricks=Tricks(
                both(of_head, rates(model, options.layer_decay) if options.layer_decay < 1 else {}),
                adversarial=options.adversarial,
                adversarial_size=options.adversarial_size,
                cutoff=options.cutoff,
                pieces=apart and context.task.answer in ("label", "labels", "number"),
                callbacks=callbacks,
            ),
        )


def both(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """Shares of the learning rate by the names of weights, of what has two the product."""
    return {name: one.get(name, 1.0) * other.get(name, 1.0) for name in one | other}
