"""The training loop that finetuners and distillers share, on transformers' Trainer."""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import datasets
import numpy as np
import torch
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
)

from edgeft.artifacts import Draft
from edgeft.context import Context
from edgeft.data.rows import truth_of, weights_of
from edgeft.errors import ModelError, TrainingError
from edgeft.processes import is_main, world_size
from edgeft.progress import Silence
from edgeft.quiet import quiet
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Task
from edgeft.training import TrainingOptions
from edgeft.training.aligning import aligned
from edgeft.training.arguments import arguments, tracker_folder
from edgeft.training.attention import quickest
from edgeft.training.batches import Batches, Encoded, Extras
from edgeft.training.disk import naming_a_full_disk
from edgeft.training.encoding import (
    choose_max_length,
    encode_rows,
    freeze_tokenizer,
    position_limit,
)
from edgeft.training.keeping import kept_of
from edgeft.training.objective import Objective, attached
from edgeft.training.resuming import epochs_done, prepare_scratch, where_to_begin
from edgeft.training.saving import Saver
from edgeft.training.teaching import teaching
from edgeft.training.trainer import (
    LengthTrainer,
    Loss,
    Tricks,
    cross_entropy,
    end_autocast,
    plain_loss,
)
from edgeft.training.unused import without_unused
from edgeft.training.vocabulary import keep_seen, restore_whole
from edgeft.training.watching import Watcher

__all__ = [
    "Extras",
    "Loss",
    "Objective",
    "Trained",
    "Tricks",
    "cross_entropy",
    "plain_loss",
    "save_checkpoint",
    "train",
]


@dataclass(frozen=True)
class Trained:
    """A model that has been trained, with the weights that its options keep."""

    model: PreTrainedModel
    max_length: int
    """tokens a text that it was trained with"""
    metrics: dict[str, float]
    """of the validation rows, by the weights that were kept"""
    log: list[dict[str, float]]
    """the evaluations, one an epoch: step, epoch, loss and metrics"""
    losses: list[float]
    """of the training texts, each the mean over a fiftieth of the steps"""
    seconds: float
    texts_per_second: float

    @property
    def figures(self) -> dict[str, Any]:
        """What a step's history says of its training."""
        return {
            "validation": self.metrics,
            "max_length": self.max_length,
            "texts_per_second": self.texts_per_second,
            "log": self.log,
        }


def train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train_rows: datasets.Dataset,
    validation_rows: datasets.Dataset | None,
    *,
    task: Task,
    labels: list[str],
    options: TrainingOptions,
    context: Context,
    loss: Loss | Objective | None = None,
    batch_extras: Extras | None = None,
    teacher: Outputs | None = None,
    views: int = 1,
    mates: tuple[np.ndarray, int] | None = None,
    tricks: Tricks | None = None,
    held_out_truth: np.ndarray | None = None,
) -> Trained:
    """Train `model` on rows with texts and answers, and keep its best or last weights.

    `loss` is the task's own by default; `batch_extras` gives further tensors for the
    row numbers of a batch, and `loss` finds them in the batch; of what a `teacher` says of the rows
    it finds `teacher_logits`. An Objective sees the model's other outputs as well. A row without an
    answer is left out of the task's own loss; where rows have weights, `loss` finds those of a
    batch in it, as `weights` (batch,). A batch holds its rows `views` times, for a loss that
    compares what dropout makes of them; `mates`, the group of each row and how many of one a batch
    is to hold, stand in for the task's. `tricks` change how a step is taken. `held_out_truth`
    (validation rows, ...) is what these are scored against, where they have no answers. Under
    torchrun every process calls this with the same arguments. An interrupted training goes on from
    `context.scratch`. Raises TrainingError for a loss that is no number, naming the step.
    """
    started = time.perf_counter()
    metric = task.check_metric(options.metric or task.metric)
    if not len(train_rows):
        raise TrainingError("there are no training texts", hint="check the data's train split")
    max_length = pick_max_length(model, tokenizer, train_rows, options.max_length, context.seed)
    listener = context.progress if is_main() else Silence()
    encode = partial(
        encode_rows, tokenizer=tokenizer, max_length=max_length, labels=labels, task=task
    )
    encoded = weighed(encode(train_rows, progress=listener), train_rows)
    encoded = replace(encoded, mates=mates or mates_of(encoded, task))
    if teacher is not None:
        batch_extras = teaching(encoded, values_for(encoded, teacher, task, labels))
    held_out, truth = None, np.empty(0)
    if validation_rows is not None:
        held_out, truth = encode(validation_rows), truth_of(validation_rows, task, labels)
        if held_out_truth is not None:
            held_out, truth = replace(held_out, labels=held_out_truth), held_out_truth
        held_out = replace(held_out, mates=mates_of(held_out, task))
    args = arguments(
        options,
        context,
        metric,
        evaluates=held_out is not None,
        keeps_best=options.weights != "last",
    )
    with args.main_process_first(local=False):
        prepare_scratch(context)
    checkpoint = where_to_begin(context, options.epochs, listener)
    whole = keep_seen(model, seen_ids(tokenizer.pad_token_id, encoded, held_out))
    total = round(options.epochs * len(encoded))
    before = round(epochs_done(checkpoint) * len(encoded))
    unit = "texts" if encoded.firsts is None else "windows"
    with (
        quiet(),
        tracker_folder(context),
        naming_a_full_disk(context.scratch, context.out),
        listener.bar("training", total - before, unit) as bar,
        attached(model, loss),
        quickest(model, args),
    ):
        trainer = LengthTrainer(
            model=model,
            args=args,
            train_dataset=encoded,
            eval_dataset=held_out,
            data_collator=Batches(
                encoded, tokenizer.pad_token_id, tokenizer.padding_side, batch_extras, views
            ),
            compute_metrics=partial(
                metrics_of, held_out=held_out or encoded, truth=truth, task=task, labels=labels
            ),
        )
        trainer.loss, trainer.plain = loss, plain_loss(task)
        trainer.tricks = tricks or Tricks()
        trainer.keeps_last = lambda: keeps_last(trainer, metric, options, task)
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(Watcher(bar, total, before, metric, lambda: trainer.smooth_loss))
        if world_size() == 1:  # of several processes each has a clock of its own
            trainer.add_callback(Saver())
        for each in trainer.tricks.callbacks:
            trainer.add_callback(each)
        if options.early_stopping and held_out is not None:
            trainer.add_callback(EarlyStoppingCallback(options.early_stopping))
        with all_reached(trainer, model, len(encoded)):
            trainer.train(resume_from_checkpoint=checkpoint)
    end_autocast(model, trainer)
    restore_whole(model, whole)
    log = evaluations(trainer, task)
    kept = kept_of(log, metric, task, options, len(held_out or ()))
    return Trained(
        model=model,
        max_length=max_length,
        metrics=kept,
        log=log,
        losses=[entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
        seconds=round(time.perf_counter() - started, 2),
        texts_per_second=round(trainer.state.log_history[-1]["train_samples_per_second"], 1),
    )


def weighed(encoded: Encoded, rows: datasets.Dataset) -> Encoded:
    """Encoded rows with the weights that they have, each window with that of its text."""
    weights = weights_of(rows)
    if weights is None:
        return encoded
    return replace(encoded, weights=np.repeat(weights, encoded.parts))


def mates_of(encoded: Encoded, task: Task) -> tuple[np.ndarray, int] | None:
    """Which rows a batch is to hold together, by what they answer; see `Task.mates`."""
    if encoded.labels is None or encoded.units is not None:
        return None
    return task.mates(encoded.labels)


def values_for(encoded: Encoded, teacher: Outputs, task: Task, labels: list[str]) -> np.ndarray:
    """What a teacher says of encoded rows, (rows, labels), or of their units, (units, labels)."""
    if encoded.units is None:
        return teacher.values
    units = encoded.units
    starts = units.starts if encoded.firsts is None else units.starts[encoded.firsts]
    return aligned(teacher, starts, units.spans, task, labels)


def all_reached(
    trainer: LengthTrainer, model: PreTrainedModel, rows: int
) -> AbstractContextManager[None]:
    """In a distributed run, train only the weights that the loss reaches; see `without_unused`."""
    if world_size() == 1:
        return nullcontext()

    def loss() -> torch.Tensor:
        batch = trainer.data_collator(range(min(2, rows)))
        on_device = {name: tensor.to(model.device) for name, tensor in batch.items()}
        found: torch.Tensor = trainer.compute_loss(model, on_device)
        return found

    return without_unused(model, loss)


def save_checkpoint(
    draft: Draft[Any],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    labels: list[str],
) -> None:
    """Write model and frozen tokenizer into the draft of a Checkpoint, and fill in its manifest."""
    freeze_tokenizer(tokenizer, max_length)
    with quiet(), naming_a_full_disk(draft.path, draft.out):
        model.to("cpu").save_pretrained(draft.path)
        tokenizer.save_pretrained(draft.path)
    draft.manifest.labels = list(labels)
    draft.manifest.max_length = max_length


def metrics_of(
    found: EvalPrediction,
    *,
    held_out: Encoded,
    truth: np.ndarray,
    task: Task,
    labels: list[str],
) -> dict[str, float]:
    """The task's metrics of an evaluation; `truth` is of the held-out rows, (rows, ...)."""
    _, rows = found.label_ids
    outputs = held_out.outputs(np.asarray(found.predictions), rows)
    if held_out.firsts is not None:  # a text's rows belong together
        outputs, rows = held_out.of_texts(outputs.rows(np.argsort(rows))), np.arange(len(truth))
    return task.score(truth[rows], outputs, labels).metrics


def evaluations(trainer: Trainer, task: Task) -> list[dict[str, float]]:
    """The evaluations of a training: step, epoch, loss on the held-out texts, and metrics."""
    return [
        {"step": entry["step"], "epoch": entry["epoch"]}
        | {name: float(entry[f"eval_{name}"]) for name in ["loss", *task.metrics]}
        for entry in trainer.state.log_history
        if "eval_loss" in entry
    ]


def keeps_last(trainer: LengthTrainer, metric: str, options: TrainingOptions, task: Task) -> bool:
    """Whether the weights of the last evaluation are the ones to keep."""
    log = evaluations(trainer, task)
    return kept_of(log, metric, task, options, len(trainer.eval_dataset)) is log[-1]


def pick_max_length(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: datasets.Dataset,
    asked: int | None,
    seed: int,
) -> int:
    """The tokens asked for, else what the texts need; raises ModelError above the limit."""
    limit = position_limit(model)
    if asked is None:
        return choose_max_length(rows, tokenizer, limit, seed=seed)
    if asked > limit:
        raise ModelError(
            f"max_length {asked} is more than the {limit} tokens the model reads",
            hint=f"set max_length to {limit} or less",
        )
    return asked


def seen_ids(pad_id: int, *parts: Encoded | None) -> np.ndarray:
    """Every token id that occurs, sorted, the padding's included."""
    found = [np.unique(part.ids) for part in parts if part is not None]
    return np.unique(np.concatenate([np.asarray([pad_id]), *found])).astype(np.int64)
