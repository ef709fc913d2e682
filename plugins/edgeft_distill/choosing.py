"""Chooses the layers that a student starts from: each candidate learns for a moment."""

import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.data.rows import open_split
from edgeft.distillation.ensemble import ensemble_outputs, truth_from
from edgeft.distillation.learning import logits_folder, loss_of
from edgeft.distillation.transfer import transfer_rows
from edgeft.plugin import Bundle, Checkpoint, Context, Dataset
from edgeft.processes import is_main
from edgeft.surgery.layers import evenly_spaced
from edgeft.training.loop import train
from edgeft.training.resuming import prepare_scratch, remembered
from edgeft_distill.shaping import Shape

if TYPE_CHECKING:
    from edgeft_distill import StudentOptions

TRIAL_TEXTS = 2000
"""texts of the transfer set that a candidate learns from, once"""


def candidates(keep: int, depth: int) -> dict[str, list[int]]:
    """Which `keep` of `depth` layers to try, by what is said of them; no layers twice.

    Evenly spaced with the first and the last among them, the first, the last, and alternating: the
    last of every few (Sajjad et al. 2023 compare such choices).
    """
    named = {
        "even": evenly_spaced(keep, depth),
        "first": list(range(keep)),
        "last": list(range(depth - keep, depth)),
        "alternating": [(place + 1) * depth // keep - 1 for place in range(keep)],
    }
    return {name: layers for name, layers in named.items() if name == first_of(layers, named)}


def first_of(layers: list[int], named: dict[str, list[int]]) -> str:
    """The first name under which these layers stand."""
    return next(name for name, others in named.items() if others == layers)


def measured_layers(
    start: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    teachers: list[Checkpoint | Bundle],
    data: Dataset,
    shape: Shape,
    keep: int,
    *,
    depth: int,
    options: "StudentOptions",
    context: Context,
) -> tuple[list[int], list[dict[str, Any]]]:
    """The layers whose student has the lowest loss on validation after a moment, and all figures.

    Each candidate learns once from at most TRIAL_TEXTS texts, as the student will but for `qat`.
    The loss tells starts apart that the accuracy of a few hundred texts does not. What was found
    before an interruption is not found again.
    """
    rows = transfer_rows(data, options)
    chosen = np.random.default_rng(context.seed).permutation(len(rows))[:TRIAL_TEXTS]
    rows = rows.select(np.sort(chosen))
    loss, says = None, None
    with logits_folder(context) as folder:
        if options.soft > 0:
            loss = loss_of(options, context.task)
            says = ensemble_outputs(teachers, rows, folder, context)
        prepare_scratch(context)  # the candidates' own lie inside, and go with it

        def learnt(name: str, layers: list[int]) -> dict[str, Any]:
            """What a student that starts from these layers makes of a moment."""
            set_seed(context.seed)
            trial = context.at(context.scratch / name)
            student, _ = shape.student(start, layers)
            try:
                trained = train(
                    student,
                    tokenizer,
                    rows,
                    open_split(data, "validation"),
                    task=context.task,
                    labels=teachers[0].labels,
                    options=options.model_copy(update={"epochs": 1, "early_stopping": None}),
                    context=trial,
                    loss=loss,
                    teacher=says,
                    held_out_truth=truth_from(
                        teachers, open_split(data, "validation"), folder, context
                    ),
                )
            finally:
                if is_main():
                    shutil.rmtree(trial.scratch, ignore_errors=True)
            metrics = {
                metric: trained.metrics[metric] for metric in ("loss", *context.task.metrics)
            }
            return {"name": name, "layers": layers, **metrics, "seconds": trained.seconds}

        tried = [
            remembered(context.scratch / f"{name}.json", partial(learnt, name, layers))
            for name, layers in candidates(keep, depth).items()
        ]
    return min(tried, key=lambda each: each["loss"])["layers"], tried
