"""Writes a pruned model, as it was cut or after it has learnt from the whole one."""

from typing import TYPE_CHECKING

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.distillation.learning import check_labels, learn
from edgeft.plugin import Checkpoint, Context, Dataset, Draft
from edgeft.training.encoding import position_limit
from edgeft.training.loop import save_checkpoint

if TYPE_CHECKING:
    from edgeft_prune import RepairOptions


def finish(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    whole: Checkpoint,
    data: Dataset,
    draft: Draft[Checkpoint],
    *,
    max_length: int,
    repair: "RepairOptions | None",
    context: Context,
) -> None:
    """Save the pruned `model` into the draft, after a repair where one is wanted.

    A repair trains at `max_length` unless its options say otherwise.
    """
    draft.figures["parameters"] = model.num_parameters()
    if repair is None:
        save_checkpoint(draft, model, tokenizer, max_length, whole.labels)
        return
    check_labels(whole, data)
    options = repair.model_copy(update={"max_length": repair.max_length or max_length})
    learn(model, tokenizer, whole, data, draft, options=options, context=context)


def max_length_of(
    checkpoint: Checkpoint, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> int:
    """The tokens a text that a checkpoint was made for, or else that it can read."""
    return checkpoint.max_length or min(position_limit(model), tokenizer.model_max_length)
