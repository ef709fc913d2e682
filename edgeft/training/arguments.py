"""What transformers' Trainer is told: our options in its words, and where its trackers write."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager

from transformers import TrainingArguments
from transformers.integrations import get_available_reporting_integrations

from edgeft.context import Context
from edgeft.errors import TrainingError
from edgeft.training import OptimizerOptions
from edgeft.training.machine import computes_in_bf16, pick_device, set_threads

SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}
TENSORBOARD = "TENSORBOARD_LOGGING_DIR"


class Arguments(TrainingArguments):
    """The Trainer's arguments, with a step that moves the weights where it is the only one."""

    def get_warmup_steps(self, num_training_steps: int) -> int:
        return warmup_steps(self.warmup_steps, num_training_steps)


def warmup_steps(share: float, steps: int) -> int:
    """The steps spent warming up: never all of them, for the first has a learning rate of 0."""
    return min(math.ceil(share * steps), max(0, steps - 1))


def arguments(
    options: OptimizerOptions,
    context: Context,
    metric: str,
    *,
    evaluates: bool,
    keeps_best: bool = False,
) -> TrainingArguments:
    """What the Trainer is told: our options in its words.

    Where it `evaluates`, it does so after every epoch; where it `keeps_best`, by `metric`.
    """
    check_trackers(options.report_to)
    device = pick_device(context.device)
    set_threads(context.threads)
    bf16 = options.precision == "bf16" or (options.precision == "auto" and computes_in_bf16(device))
    return Arguments(
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
        load_best_model_at_end=evaluates and keeps_best,
        metric_for_best_model=f"eval_{metric}" if evaluates else None,
        greater_is_better=context.task.metrics[metric],
        logging_strategy="steps",
        logging_steps=0.02,
        logging_nan_inf_filter=False,
        ddp_find_unused_parameters=False,  # see unused.py
        report_to=options.report_to or "none",
        run_name=context.out.name,
        dataloader_pin_memory=device.type == "cuda",
        remove_unused_columns=False,
        label_names=["labels", "rows"],
        disable_tqdm=True,
        log_level="error",
        log_level_replica="error",
    )


def check_trackers(names: list[str]) -> None:
    """Raise TrainingError for a tracker whose package is not installed."""
    usable = get_available_reporting_integrations()
    for name in names:
        if name not in usable:
            raise TrainingError(
                f"report_to names {name!r}, which is not installed",
                hint=f"pip install {name}; usable here: {', '.join(usable) or 'none'}",
            )


@contextmanager
def tracker_folder(context: Context) -> Iterator[None]:
    """Let TensorBoard write beside the artifact, in logs/NAME, unless the user set its folder."""
    if TENSORBOARD in os.environ:
        yield
        return
    os.environ[TENSORBOARD] = str(context.out.parent / "logs" / context.out.name)
    try:
        yield
    finally:
        del os.environ[TENSORBOARD]
