"""Opens a checkpoint to be pruned, and writes what is left of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.distillation.learning import check_labels, learn
from edgeft.plugin import Checkpoint, Context, Dataset, Draft, Pruner
from edgeft.surgery.silent import parameters_without_silent
from edgeft.training.encoding import load_tokenizer, longest_input
from edgeft.training.loop import save_checkpoint
from edgeft.training.machine import set_threads

if TYPE_CHECKING:
    from edgeft_prune import RepairOptions


@dataclass(frozen=True)
class Pruning:
    """A checkpoint that is open to be pruned, and the draft of what becomes of it."""

    checkpoint: Checkpoint
    data: Dataset
    draft: Draft[Checkpoint]
    context: Context
    repair: "RepairOptions | None"
    model: PreTrainedModel
    """the whole one"""
    tokenizer: PreTrainedTokenizerFast
    max_length: int
    """tokens a text that the checkpoint was made for, or else that it can read"""

    def finish(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast | None = None
    ) -> None:
        """Save the pruned `model`, after it has learnt from the whole one where that is wanted.

        A repair trains at `max_length` unless its options say otherwise.
        """
        tokenizer = tokenizer or self.tokenizer
        self.draft.figures["parameters"] = parameters_without_silent(model)
        if self.repair is None:
            save_checkpoint(self.draft, model, tokenizer, self.max_length, self.checkpoint.labels)
            return
        check_labels(self.checkpoint, self.data)
        length = self.repair.max_length or self.max_length
        options = self.repair.model_copy(update={"max_length": length})
        learn(
            model,
            tokenizer,
            self.checkpoint,
            self.data,
            self.draft,
            options=options,
            context=self.context,
        )


@contextmanager
def pruning(step: Pruner[Any], checkpoint: Checkpoint, data: Dataset) -> Iterator[Pruning]:
    """Open a checkpoint, and the draft of this step's; seeds and threads are set."""
    context = step.context
    with step.writing(Checkpoint, checkpoint=checkpoint, data=data) as draft:
        set_seed(context.seed)
        set_threads(context.threads)
        model = context.task.load_model(checkpoint.path)
        tokenizer = load_tokenizer(checkpoint.path)
        draft.figures["parameters_of"] = parameters_without_silent(model)
        max_length = checkpoint.max_length or longest_input(model, tokenizer)
        yield Pruning(
            checkpoint, data, draft, context, step.options.repair, model, tokenizer, max_length
        )
