"""Chooses a finetuner by cross-validation on the training labels, then trains with it.

Which one does best depends on how many texts a label has and on what the encoder knew before;
nobody can tell without trying. Where there are many texts, training all of the encoder has always
won, and is taken without a trial.
"""

import shutil
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np

from edgeft.architectures import trained_pooling
from edgeft.data.names import descriptions
from edgeft.data.rows import label_indices, labelled, open_split, originals
from edgeft.plugin import Checkpoint, Context, Dataset, EdgeftError, Finetuner, TrainingError
from edgeft.probing.heads import folds
from edgeft.training.left_out import trained_without
from edgeft.training.resuming import prepare_scratch, remembered
from edgeft_finetune.options import AutoOptions

STEPS = 200
"""of 32 texts that a training has at least: with few texts, more epochs; half as many where a step
has 64, and so on, for there each text is compared with more others"""
HOPELESS = 0.03
"""of the metric that a finetuner may lie behind the best one on the first parts of the texts"""
FEWEST, MOST = 5, 20
"""epochs, between which the steps decide"""


@dataclass
class Trial:
    """How one finetuner did on texts that it had not seen."""

    method: str
    scores: list[float] = field(default_factory=list)
    """of the task's metric, one a fold"""
    seconds: float = 0.0
    problem: str = ""
    """why it could not be tried; empty if it could"""
    behind: bool = False
    """whether it was given up, far behind another"""

    @property
    def mean(self) -> float:
        """The metric's mean over the folds; less than any where there is none."""
        return float(np.mean(self.scores)) if self.scores else -np.inf

    def lost_to(self, other: "Trial") -> bool:
        """Whether another did better by far on the folds that this one has seen."""
        seen = len(self.scores)
        return seen <= len(other.scores) and float(np.mean(other.scores[:seen])) > (
            self.mean + HOPELESS
        )

    @property
    def figures(self) -> dict[str, Any]:
        """What the history says of it."""
        if self.problem:
            return {"problem": self.problem}
        return {
            "mean": round(self.mean, 4),
            "folds": [round(score, 4) for score in self.scores],
            "seconds": round(self.seconds, 1),
        }


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
        for method in options.among:
            trials.append(tried(method, base, data, rows, options, context, trials))
        method = best(trials, context)
    step = finetuner(method, len(rows), options, context.at(context.scratch / "chosen", force=True))
    if options.descriptions and not hasattr(step.options, "descriptions"):
        context.progress.note(f"{method} reads no descriptions of labels: it is trained without")
    chosen = step.run(base, data)
    for file in sorted(chosen.path.iterdir()):
        if file.name != "edgeft.json":
            shutil.move(file, draft.path / file.name)
    draft.manifest.labels = list(chosen.labels)
    draft.manifest.max_length = chosen.max_length
    draft.figures = {
        "chosen": method,
        "tried": {trial.method: trial.figures for trial in trials},
        **chosen.manifest.history[-1].figures,
    }


def tried(
    method: str,
    base: Path,
    data: Dataset,
    rows: datasets.Dataset,
    options: AutoOptions,
    context: Context,
    others: Sequence[Trial] = (),
) -> Trial:
    """Train on all folds but one, and judge on that one, for each of them in turn.

    No further where the folds so far say that one of the `others` is better by far. What a fold
    said outlasts an interruption.
    """
    trial = Trial(method)
    parts = folds(label_indices(rows, data.labels), context.seed, options.folds)
    for number, part in enumerate(parts, start=1):
        name = f"{method}-{number}"
        make = partial(finetuner, method, len(part[0]), options, soup=1)
        trained = trained_without(part, make, base, data, rows, context, name=name)
        find = partial(judged, trained, f"trying {method}, fold {number} of {len(parts)}", context)
        try:
            found = remembered(context.scratch / f"{name}.json", find)
        except EdgeftError as error:  # the next run tries it again
            trial.problem = error.message
            context.progress.note(f"{method} could not be tried: {error.message}")
            break
        trial.scores.append(found["score"])
        trial.seconds += found["seconds"]
        if number < len(parts) and any(trial.lost_to(other) for other in others):
            trial.behind = True
            context.progress.note(f"{method} is far behind: its other folds are left out")
            break
    return trial


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


def best(trials: list[Trial], context: Context) -> str:
    """The method with the highest mean; raises TrainingError where none could be tried."""
    for trial in trials:
        if not trial.problem:
            context.progress.note(
                f"{trial.method}: {context.task.metric} {trial.mean:.4f} on unseen folds,"
                f" {trial.seconds:.0f} s"
            )
    winner = max(trials, key=lambda trial: (not trial.behind, trial.mean))
    if winner.problem:
        raise TrainingError(
            f"no finetuner could be tried; {winner.method}: {winner.problem}",
            hint="name one, such as finetune: {method: full}, to see its error in full",
        )
    context.progress.note(f"finetune takes {winner.method}")
    return winner.method


def finetuner(
    method: str, rows: int, options: AutoOptions, context: Context, **settings: Any
) -> Finetuner[Any]:
    """A finetuner for so many rows, with the options that it shares with `auto` and `settings`.

    It keeps its last weights: the best of several evaluations on a fold would flatter it. Of
    `settings` those count that it knows.
    """
    cls: Any = context.find_step("finetune", method)
    fields = cls.Options.model_fields
    batch = fields["batch_size"].default if "batch_size" in fields else 32
    steps = STEPS * 32 / max(32, batch)
    epochs = options.epochs or min(MOST, max(FEWEST, steps * 32 / rows))
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
