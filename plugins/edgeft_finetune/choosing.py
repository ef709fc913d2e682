"""Chooses a finetuner by cross-validation on the training labels, then trains with it.

Which one does best depends on how many texts a label has and on what the encoder knew before;
nobody can tell without trying. Where there are many texts, training all of the encoder has always
won, and is taken without a trial.
"""

import time
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import datasets

from edgeft.architectures import trained_pooling
from edgeft.data.names import descriptions
from edgeft.data.rows import label_indices, labelled, open_split, originals
from edgeft.plugin import Checkpoint, Context, Dataset, Finetuner, TrainingError
from edgeft.probing.heads import folds
from edgeft.training.left_out import trained_without
from edgeft.training.resuming import prepare_scratch, remembered
from edgeft_finetune.options import AutoOptions
from edgeft_finetune.trials import Trial, tried, winner

TEXTS = 6400
"""that a training reads at least, some of them again: with few texts, more epochs"""
FEWEST, MOST = 5, 20
"""epochs, between which these decide"""
FAVOURITE = "contrastive"
"""what does best where labels have few texts (Tunstall et al. 2022; benchmarks/few_labels.py)"""
FEW = 16
"""texts a label, on average, up to which it is the favourite"""


def finetune(draft: Any, base: Path, data: Dataset, options: AutoOptions, context: Context) -> None:
    """Choose a finetuner, train with it on all of `data`, and take over what it wrote."""
    for method in options.among:  # a wrong name, or a missing package, is said at once
        context.find_step("finetune", method)
    descriptions(data.labels, options.descriptions)  # so is what describes no label
    if options.pooling == "auto":  # for all of them the same, or they could not be compared
        options = options.model_copy(update={"pooling": trained_pooling(base) or "mean"})
    rows = originals(labelled(open_split(data, "train")))
    prepare_scratch(context)
    trials: list[Trial] = []
    if len(options.among) == 1:
        method = options.among[0]
    elif len(rows) > options.most:
        method = "full" if "full" in options.among else options.among[0]
        context.progress.note(f"{len(rows):,} labelled texts: finetune takes {method} untried")
    else:
        trials = cross_validated(base, data, rows, options, context)
        method = chosen(trials, context)
    step = finetuner(method, len(rows), options, context.at(context.scratch / "chosen", force=True))
    if options.descriptions and not hasattr(step.options, "descriptions"):
        context.progress.note(f"{method} reads no descriptions of labels: it is trained without")
    made = step.run(base, data)
    draft.take_files(made)
    draft.manifest.labels = list(made.labels)
    draft.manifest.max_length = made.max_length
    draft.figures = {
        "chosen": method,
        "tried": {trial.method: trial.figures for trial in trials},
        **made.manifest.history[-1].figures,
    }


def cross_validated(
    base: Path, data: Dataset, rows: datasets.Dataset, options: AutoOptions, context: Context
) -> list[Trial]:
    """Train each method on all folds but one, and judge it on that one, as long as it may win.

    With the options that it is to have in the end, so that fewer texts take less time as well.
    What a fold said outlasts an interruption; one that failed is tried again by the next run.
    """
    parts = folds(label_indices(rows, data.labels), context.seed, options.folds)

    def ask(method: str, number: int) -> dict[str, float]:
        part = parts[number - 1]
        name = f"{method}-{number}"
        make = partial(finetuner, method, len(rows), options, soup=1)
        trained = trained_without(part, make, base, data, rows, context, name=name)
        find = partial(judged, trained, f"trying {method}, fold {number} of {len(parts)}", context)
        return remembered(context.scratch / f"{name}.json", find)

    texts = [len(held_out) for _, held_out in parts]
    favourite = FAVOURITE if len(rows) <= FEW * len(data.labels) else None
    return tried(options.among, ask, texts, context.progress, favourite)


def judged(
    trained: AbstractContextManager[Checkpoint], title: str, context: Context
) -> dict[str, float]:
    """The score of a model on the texts that were kept from it, and the seconds that it took."""
    context.progress.note(title)
    started = time.perf_counter()
    with trained as model:
        found = model.manifest.history[-1].figures["validation"]
        score = float(found[context.task.metric])
    return {"score": score, "seconds": time.perf_counter() - started}


def chosen(trials: list[Trial], context: Context) -> str:
    """The method that did best; raises TrainingError where none could be tried."""
    for trial in trials:
        if not trial.problem:
            number = len(trial.scores)
            unseen = "1 unseen fold" if number == 1 else f"{number} unseen folds"
            context.progress.note(
                f"{trial.method}: {context.task.metric} {trial.mean:.4f} on {unseen},"
                f" {trial.seconds:.0f} s"
            )
    best = winner(trials)
    if best is None:
        first = trials[0]
        raise TrainingError(
            f"no finetuner could be tried; {first.method}: {first.problem}",
            hint="name one, such as finetune: {method: full}, to see its error in full",
        )
    context.progress.note(f"finetune takes {best.method}")
    return best.method


def finetuner(
    method: str, rows: int, options: AutoOptions, context: Context, **settings: Any
) -> Finetuner[Any]:
    """A finetuner for so many rows, with the options that it shares with `auto` and `settings`.

    It keeps its last weights: the best of several evaluations on a fold would flatter it. Of
    `settings` those count that it knows.
    """
    cls: Any = context.find_step("finetune", method)
    fields = cls.Options.model_fields
    epochs = options.epochs or min(MOST, max(FEWEST, TEXTS / rows))
    wanted = {
        "epochs": round(epochs, 1),
        "max_length": options.max_length,
        "pooling": options.pooling,
        "strength": options.strength,
        "label_names": options.label_names,
        "descriptions": options.descriptions,
        "head": "probe",
        "weights": "last",
        **settings,
    }
    found: Finetuner[Any] = cls(
        cls.Options(**{name: value for name, value in wanted.items() if name in fields}), context
    )
    return found
