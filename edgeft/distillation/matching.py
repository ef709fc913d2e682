"""A student's first pass: it learns to compute what its teacher computes, before the logits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import datasets
import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.context import Context
from edgeft.distillation import DistillationOptions, HiddenOptions, MatchingOptions, RelationOptions
from edgeft.distillation.features import Beside, without_dropout
from edgeft.distillation.objectives import HiddenMatching, RelationMatching
from edgeft.errors import ModelError
from edgeft.training.attention import PLAIN, attending
from edgeft.training.encoding import SHORTEST, load_tokenizer, position_limit
from edgeft.training.loop import pick_max_length, train
from edgeft.training.machine import computes_in_bf16, pick_device
from edgeft.training.objective import Objective
from edgeft.training.resuming import prepare_scratch
from edgeft.training.tokenizing import encode

COMPARED = 200
"""texts whose token ids are compared"""


def match(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    teacher: Checkpoint | Bundle,
    rows: datasets.Dataset,
    *,
    matching: MatchingOptions,
    options: DistillationOptions,
    context: Context,
) -> dict[str, Any]:
    """Train `model` in place to match its teacher on the transfer set; returns what it measured.

    The teacher runs beside it on the same token ids, in bf16 where the machine computes in it.
    `options` are those of the step; their epochs and learning rate give way to `matching`'s.
    Raises ModelError for a teacher that is a bundle, reads other token ids, or is of a kind whose
    insides are unknown.
    """
    check_same_ids(tokenizer, teacher, rows, matching.method)
    set_seed(context.seed)
    taught = context.task.load_model(teacher.path)
    max_length = min(
        pick_max_length(model, tokenizer, rows, options.max_length, context.seed),
        position_limit(taught),
    )
    changes: dict[str, Any] = {"epochs": matching.epochs, "max_length": max_length}
    if matching.learning_rate is not None:
        changes["learning_rate"] = matching.learning_rate
    device = pick_device(context.device)
    beside = Beside(taught, bf16=options.precision != "fp32" and computes_in_bf16(device))
    with without_dropout(model), objective_of(matching, model, beside) as objective:
        prepare_scratch(context)  # this training's own lies inside, and goes with it
        trained = train(
            model,
            tokenizer,
            rows,
            None,
            task=context.task,
            labels=teacher.labels,
            options=options.model_copy(update=changes),
            context=context.at(context.scratch / "matching"),
            loss=objective,
        )
    return {
        "method": matching.method,
        "loss": [round(loss, 4) for loss in (trained.losses[0], trained.losses[-1])],
        "seconds": trained.seconds,
        "texts_per_second": trained.texts_per_second,
    }


@contextmanager
def objective_of(
    matching: MatchingOptions, student: PreTrainedModel, teacher: Beside
) -> Iterator[Objective]:
    """What the student minimizes; both models are as they were when the block ends."""
    if isinstance(matching, RelationOptions):
        relation = RelationMatching(student, teacher, matching)
        try:
            yield relation
        finally:
            relation.close()
    elif isinstance(matching, HiddenOptions):
        with attending((student, teacher.model) if matching.attention > 0 else (), PLAIN):
            yield HiddenMatching(student, teacher, matching)


def check_same_ids(
    tokenizer: PreTrainedTokenizerFast,
    teacher: Checkpoint | Bundle,
    rows: datasets.Dataset,
    method: str,
) -> None:
    """Raise ModelError unless student and teacher can read the same token ids."""
    hint = "leave the matching out: logits need no such likeness"
    if isinstance(teacher, Bundle):
        raise ModelError(
            f"the teacher {teacher.path} is a bundle: it gives logits, and no more,"
            f" but {method!r} compares what it computes on the way",
            hint=f"{hint}, or name a checkpoint",
        )
    other = load_tokenizer(teacher.path)
    texts = rows.select(range(min(COMPARED, len(rows))))["text"][:]
    read, taught = (encode(texts, each, SHORTEST).ids for each in (tokenizer, other))
    if not np.array_equal(read, taught) or tokenizer.get_vocab() != other.get_vocab():
        raise ModelError(
            f"{method!r} needs token ids that mean the same to both, and the student's tokenizer is"
            f" not that of the teacher {teacher.path}",
            hint=hint,
        )
