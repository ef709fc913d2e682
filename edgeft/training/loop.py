"""The training loop that finetuners and distillers share, on transformers' Trainer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import Sampler
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

from edgeft.artifacts import Draft
from edgeft.errors import ModelError, TrainingError
from edgeft.processes import is_main
from edgeft.progress import Silence
from edgeft.quiet import quiet
from edgeft.steps import Context
from edgeft.tasks import Task
from edgeft.training import TrainingOptions
from edgeft.training.encoding import (
    UNLABELLED,
    Batches,
    Encoded,
    Extras,
    choose_max_length,
    encode_rows,
    freeze_tokenizer,
    position_limit,
)
from edgeft.training.machine import computes_in_bf16, pick_device, set_threads
from edgeft.training.resuming import last_checkpoint, prepare_scratch
from edgeft.training.vocabulary import keep_seen, restore_whole
from edgeft.training.watching import Watcher

Loss = Callable[[torch.Tensor, dict[str, torch.Tensor]], torch.Tensor]
"""from logits (batch, labels), float32, and the batch to a loss ()"""

SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


@dataclass(frozen=True)
class Trained:
    """A model that has been trained, with the weights of its best evaluation."""

    model: PreTrainedModel
    max_length: int
    """tokens a text that it was trained with"""
    metrics: dict[str, float]
    """of the validation rows, by the best weights"""
    log: list[dict[str, float]]
    """the evaluations, one an epoch: step, epoch, loss and metrics"""
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
    loss: Loss | None = None,
    batch_extras: Extras | None = None,
) -> Trained:
    """Train `model` on rows with columns text and label, and keep its best weights.

    `loss` is cross-entropy on the labels by default; `batch_extras` gives further tensors for the
    row numbers of a batch, such as a teacher's logits, and `loss` finds them in the batch. A label
    of None becomes UNLABELLED, which cross-entropy leaves out. Under torchrun every process calls
    this with the same arguments. An interrupted training goes on from `context.scratch`. Raises
    TrainingError for a loss that is no number, naming the step.
    """
    started = time.perf_counter()
    metric = check_metric(options.metric or task.metric, task)
    max_length = pick_max_length(model, tokenizer, train_rows, options, context)
    listener = context.progress if is_main() else Silence()
    encoded = encode_rows(train_rows, tokenizer, max_length, labels, progress=listener)
    held_out = None
    if validation_rows is not None:
        held_out = encode_rows(validation_rows, tokenizer, max_length, labels)
    if not len(encoded):
        raise TrainingError("there are no training texts", hint="check the data's train split")

    whole = keep_seen(model, seen_ids(tokenizer.pad_token_id, encoded, held_out))
    prepare_scratch(context)
    total = round(options.epochs * len(encoded))
    with quiet(), listener.bar("training", total) as bar:
        trainer = LengthTrainer(
            model=model,
            args=arguments(options, context, metric, evaluates=held_out is not None),
            train_dataset=encoded,
            eval_dataset=held_out,
            data_collator=Batches(
                encoded, tokenizer.pad_token_id, tokenizer.padding_side, batch_extras
            ),
            compute_metrics=lambda found: metrics_of(found, task, labels),
        )
        trainer.loss = loss or cross_entropy
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(Watcher(bar, total, metric, lambda: trainer.smooth_loss))
        if options.early_stopping and held_out is not None:
            trainer.add_callback(EarlyStoppingCallback(options.early_stopping))
        trainer.train(resume_from_checkpoint=last_checkpoint(context))
    restore_whole(model, whole)
    log = evaluations(trainer, task)
    return Trained(
        model=model,
        max_length=max_length,
        metrics=best_of(log, metric, task),
        log=log,
        seconds=round(time.perf_counter() - started, 2),
        texts_per_second=round(trainer.state.log_history[-1]["train_samples_per_second"], 1),
    )


def save_checkpoint(
    draft: Draft[Any],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    labels: list[str],
) -> None:
    """Write model and frozen tokenizer into the draft of a Checkpoint, and fill in its manifest."""
    freeze_tokenizer(tokenizer, max_length)
    with quiet():
        model.to("cpu").save_pretrained(draft.path)
    tokenizer.save_pretrained(draft.path)
    draft.manifest.labels = list(labels)
    draft.manifest.max_length = max_length


class LengthTrainer(Trainer):
    """A Trainer with a loss of ours, batches by length, and a stop at a loss that is no number."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.model_accepts_loss_kwargs = False
        self.loss: Loss = cross_entropy
        self.smooth_loss = 0.0

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, Any]:
        """The loss of a batch; on held-out texts always cross-entropy."""
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        logits = outputs.logits.float()
        loss = self.loss(logits, inputs) if model.training else cross_entropy(logits, inputs)
        return (loss, {"loss": loss, "logits": logits}) if return_outputs else loss

    def training_step(self, *parts: Any, **named: Any) -> torch.Tensor:
        """Train on a batch; raises TrainingError where its loss is no number."""
        loss = super().training_step(*parts, **named)
        value = float(loss) * self.current_gradient_accumulation_steps
        if not np.isfinite(value):
            raise TrainingError(
                f"the loss is {value} at step {self.state.global_step + 1}",
                hint="lower learning_rate, or set precision to fp32",
            )
        self.smooth_loss = 0.9 * self.smooth_loss + 0.1 * value if self.smooth_loss else value
        return loss

    def _get_train_sampler(self, train_dataset: Encoded | None = None) -> Sampler[int]:
        return LengthGroupedSampler(
            self.args.train_batch_size * self.args.gradient_accumulation_steps,
            lengths=(train_dataset or self.train_dataset).lengths.tolist(),
        )

    def _get_eval_sampler(self, eval_dataset: Encoded) -> Any:
        return np.argsort(-eval_dataset.lengths, kind="stable").tolist()

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        """Batches of the held-out rows, which have no extras."""
        held_out: Encoded = eval_dataset or self.eval_dataset
        training: Batches = self.data_collator
        self.data_collator: Batches = Batches(held_out, training.pad_id, training.padding_side)
        try:
            return super().get_eval_dataloader(held_out)
        finally:
            self.data_collator = training


def arguments(
    options: TrainingOptions, context: Context, metric: str, *, evaluates: bool
) -> TrainingArguments:
    """What the Trainer is told: our options in its words."""
    device = pick_device(context.device)
    set_threads(context.threads)
    bf16 = options.precision == "bf16" or (options.precision == "auto" and computes_in_bf16(device))
    return TrainingArguments(
        output_dir=str(context.scratch),
        num_train_epochs=options.epochs,
        learning_rate=options.learning_rate,
        lr_scheduler_type=SCHEDULES[options.schedule],
        warmup_steps=options.warmup,
        weight_decay=options.weight_decay,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=max(64, options.batch_size),
        gradient_accumulation_steps=options.accumulation,
        max_grad_norm=options.clip,
        optim="adamw_torch_fused",
        bf16=bf16,
        use_cpu=device.type == "cpu",
        seed=context.seed,
        eval_strategy="epoch" if evaluates else "no",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=evaluates,
        metric_for_best_model=f"eval_{metric}" if evaluates else None,
        greater_is_better=context.task.metrics[metric],
        logging_strategy="steps",
        logging_steps=0.02,
        logging_nan_inf_filter=False,
        report_to=options.report_to or "none",
        dataloader_pin_memory=device.type == "cuda",
        remove_unused_columns=False,
        disable_tqdm=True,
        log_level="error",
        log_level_replica="error",
    )


def cross_entropy(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of logits (batch, labels) over the rows that have a label."""
    return functional.cross_entropy(logits, batch["labels"], ignore_index=UNLABELLED)


def metrics_of(found: EvalPrediction, task: Task, labels: list[str]) -> dict[str, float]:
    """The task's metrics of an evaluation."""
    return task.score(np.asarray(found.label_ids), np.asarray(found.predictions), labels).metrics


def evaluations(trainer: Trainer, task: Task) -> list[dict[str, float]]:
    """The evaluations of a training: step, epoch, loss on the held-out texts, and metrics."""
    return [
        {"step": entry["step"], "epoch": entry["epoch"]}
        | {name: float(entry[f"eval_{name}"]) for name in ["loss", *task.metrics]}
        for entry in trainer.state.log_history
        if "eval_loss" in entry
    ]


def best_of(log: list[dict[str, float]], metric: str, task: Task) -> dict[str, float]:
    """The evaluation whose weights were kept: the first of the best."""
    sign = 1 if task.metrics[metric] else -1
    return max(log, key=lambda entry: sign * entry[metric], default={})


def check_metric(metric: str, task: Task) -> str:
    """Raise TrainingError for a metric that the task does not know."""
    if metric not in task.metrics:
        raise TrainingError(
            f"{task.name} has no metric {metric!r}",
            hint=f"known: {', '.join(sorted(task.metrics))}",
        )
    return metric


def pick_max_length(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: datasets.Dataset,
    options: TrainingOptions,
    context: Context,
) -> int:
    """The option where it is set, else what the texts need; raises ModelError above the limit."""
    limit = position_limit(model)
    if options.max_length is None:
        return choose_max_length(rows, tokenizer, limit, seed=context.seed)
    if options.max_length > limit:
        raise ModelError(
            f"max_length {options.max_length} is more than the {limit} tokens the model reads",
            hint=f"set max_length to {limit} or less",
        )
    return options.max_length


def seen_ids(pad_id: int, *parts: Encoded | None) -> np.ndarray:
    """Every token id that occurs, sorted, the padding's included."""
    found = [np.unique(part.ids) for part in parts if part is not None]
    return np.unique(np.concatenate([np.asarray([pad_id]), *found])).astype(np.int64)
