"""Trains a model on texts alone, whatever it is to learn of them."""

from collections.abc import Callable
from typing import Any

import torch
from transformers import PreTrainedModel, PrinterCallback

from edgeft.context import Context
from edgeft.quiet import quiet
from edgeft.training import OptimizerOptions
from edgeft.training.arguments import arguments, tracker_folder
from edgeft.training.attention import quickest
from edgeft.training.batches import Encoded
from edgeft.training.disk import naming_a_full_disk
from edgeft.training.resuming import epochs_done, prepare_scratch, where_to_begin
from edgeft.training.trainer import LengthTrainer, end_autocast
from edgeft.training.watching import Watcher

Batch = dict[str, torch.Tensor]
Losses = Callable[[PreTrainedModel, Batch], torch.Tensor]
"""from a model and a batch to the loss of each guess, (guesses,)"""


class TextTrainer(LengthTrainer):
    """A Trainer that minimizes the mean loss of the guesses in a batch."""

    losses: Losses

    def compute_loss(self, model: Any, inputs: Batch, *_: Any, **__: Any) -> torch.Tensor:
        """The mean loss of a batch; 0 where it has nothing to guess."""
        found = self.losses(model, inputs)
        return found.sum() / max(1, len(found))


def train_on_texts(
    model: PreTrainedModel,
    encoded: Encoded,
    batches: Callable[..., Batch],
    losses: Losses,
    *,
    options: OptimizerOptions,
    context: Context,
) -> None:
    """Train `model` on texts that `batches` makes tensors of, from row numbers.

    One that was interrupted goes on from `context.scratch`. Raises TrainingError for a loss that
    is no number, naming the step.
    """
    args = arguments(options, context, context.task.metric, evaluates=False)
    prepare_scratch(context)
    checkpoint = where_to_begin(context, options.epochs, context.progress)
    total = round(options.epochs * len(encoded))
    before = round(epochs_done(checkpoint) * len(encoded))
    with (
        quiet(),
        tracker_folder(context),
        naming_a_full_disk(context.scratch, context.out),
        context.progress.bar("training", total - before, "texts") as bar,
        quickest(model, args),
    ):
        trainer = TextTrainer(model=model, args=args, train_dataset=encoded, data_collator=batches)
        trainer.losses = losses
        trainer.remove_callback(PrinterCallback)
        metric = context.task.metric
        trainer.add_callback(Watcher(bar, total, before, metric, lambda: trainer.smooth_loss))
        trainer.train(resume_from_checkpoint=checkpoint)
    end_autocast(model, trainer)
