"""What teachers say of training texts that each of them has not seen: a finetuner, cross-fitted.

Logistic regression on a frozen encoder is quick. A model that is trained whole may know better what
the labels mean, and costs a training for each part of the texts.
"""

import json
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from scipy.special import softmax

from edgeft.data.rows import labelled, open_split, originals
from edgeft.evaluation import said_in
from edgeft.plugin import Checkpoint, Context, Dataset
from edgeft.probing.heads import folds
from edgeft.tasks.text_classification.calibration import temperature
from edgeft.training.arrays import kept_array, key_of
from edgeft.training.left_out import named_finetuner, trained_without
from edgeft_clean import ReviewOptions
from edgeft_clean.rows import Rows

FOLDER = "left-out"
"""of the cache, or of the step's scratch directory: what was said of each part is kept there"""


def teacher_of(options: ReviewOptions, base: Path, context: Context) -> tuple[Any, Any]:
    """The finetuner that the options name, and its options.

    It keeps its last weights unless it is told otherwise. Raises PluginError for a wrong name or
    option, and EdgeftError where it does not suit the task or cannot start from `base`.
    """
    named = partial(named_finetuner, str(options.teacher), option="teacher_options")
    cls, found = named(options.teacher_options, context)
    if "weights" in cls.Options.model_fields and "weights" not in found.model_fields_set:
        cls, found = named({"weights": "last", **options.teacher_options}, context)
    cls.check_task(found, context.task)
    cls.check(found, context.find_model)
    cls.check_base(found, base)
    return cls, found


def by_teachers(
    rows: Rows, data: Dataset, options: ReviewOptions, context: Context, seed: int
) -> np.ndarray:
    """Probabilities (training rows, labels) of each row by a teacher that was not shown it.

    Labels are those that training rows have, sorted. The answers about every part are kept, so that
    an interrupted review loses one training at most. One temperature makes them as sure as they are
    right by the labels given.
    """
    base = context.find_model(str(options.model))
    cls, chosen = teacher_of(options, base, context)
    train = originals(labelled(open_split(data, "train")))
    ids = rows.ids[rows.training]
    train = train.select(np.flatnonzero(np.isin(np.asarray(train["id"][:]), ids)))
    names, y = np.unique(train["label"][:], return_inverse=True)
    validation = labelled(open_split(data, "validation")) if "validation" in data.splits else None
    parts = folds(y, seed, options.folds)
    told = json.dumps([data.digest, Checkpoint.open(base).digest, cls.name, chosen.model_dump()])
    folder = (context.cache or context.scratch) / FOLDER
    logits = np.empty((len(train), len(names)), np.float32)
    title = f"training {cls.name} without a part of the texts"
    with context.progress.bar(title, len(parts), "parts") as bar:
        for number, (seen, unseen) in enumerate(parts, start=1):
            asked = train.select(unseen)
            trained = trained_without(
                (seen, unseen),
                partial(cls, chosen),
                base,
                data,
                train,
                context.at(context.out, seed=seed),
                name=f"part-{number}",
                validation=validation,
            )
            answer = partial(answers_of, trained, asked, names.tolist(), context)
            key = key_of(asked, told, seed, context.task.name)
            logits[unseen] = kept_array(folder / f"{key}.npy", (len(unseen), len(names)), answer)
            bar.advance()
    context.progress.note(
        f"{cls.name} gives {(logits.argmax(axis=1) == y).mean():.1%} of the training texts their"
        " label where it was not shown it"
    )
    return np.asarray(softmax(logits.astype(float) / temperature(y, logits), axis=1))


def answers_of(
    trained: AbstractContextManager[Checkpoint],
    asked: datasets.Dataset,
    names: list[str],
    context: Context,
) -> np.ndarray:
    """Logits (rows, names) of a model about texts, in the order of `names`."""
    with trained as model:
        columns = [model.labels.index(name) for name in names]
        found: np.ndarray = said_in(model, asked, context).values[:, columns]
    return found
