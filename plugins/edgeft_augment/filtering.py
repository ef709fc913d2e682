"""Takes copies out again whose label a model doubts: what it answers them, and their originals.

A copy stays where it is answered by its label, or as its original is: what the model never knew
says nothing against the copy. An encoder is asked through a head that saw neither copy nor
original, a model with the data's labels by its own head. What it says may become the soft label of
the copies that stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import datasets
import numpy as np
from scipy.special import softmax

from edgeft.data.copies import Row, batches_of, copy_all_but
from edgeft.data.rows import (
    has_value,
    is_copy,
    label_indices,
    labelled,
    open_split,
    write_split,
)
from edgeft.evaluation import said_in
from edgeft.plugin import Augmenter, Bundle, Checkpoint, Dataset
from edgeft.probing.embeddings import read_by
from edgeft.probing.heads import Examples, best_strength, folds
from edgeft.tasks.text_classification.calibration import temperature
from edgeft_augment.makers import by_step, told
from edgeft_augment.options import FilterOptions


@dataclass(frozen=True)
class Said:
    """What a model says of copies."""

    doubted: np.ndarray
    """whether each is answered neither by its label nor as its original, bool (copies,)"""
    shares: np.ndarray | None
    """how probable each label is, float32 (copies, labels), where that is asked for"""


def without_doubtful(
    step: Augmenter[FilterOptions], data: Dataset, model: Checkpoint | Bundle
) -> Dataset:
    """Write `data` without the copies whose label `model` doubts; unlabelled ones stay.

    With the option `soft`, copies that stay have what the model says of them.
    """
    train = open_split(data, "train")
    copies = np.flatnonzero(is_copy(train) & has_value(train, "label"))
    with step.writing(Dataset, data=data) as draft:
        judged, doubted = np.zeros((2, len(train)), dtype=bool)
        shares = None
        if len(copies):
            said = said_of(train, copies, data, model, step)
            judged[copies], doubted[copies], shares = True, said.doubted, said.shares
        copy_all_but("train", data, draft)
        draft.manifest.rows["train"] = write_split(
            draft.path, "train", kept(train, judged, doubted, shares)
        )
        draft.figures = {"copies": len(copies), "left_out": int(doubted.sum())}
        if step.options.soft:
            draft.figures["soft"] = len(copies) - int(doubted.sum())
        if counts := by_step(data, train, judged, doubted):
            draft.figures["by_step"] = counts
    step.context.progress.note(
        f"filter leaves out {doubted.sum():,} of {len(copies):,} copies: their label is doubtful"
        f"{told(counts)}"
    )
    return draft.artifact


def said_of(
    train: datasets.Dataset,
    copies: np.ndarray,
    data: Dataset,
    model: Checkpoint | Bundle,
    step: Augmenter[FilterOptions],
) -> Said:
    """What a model says of the copies, by its own head or by heads that did not see them.

    One temperature makes the probabilities as sure as they are right: on validation texts, or of
    heads on the originals that they did not see.
    """
    labels, context = data.labels, step.context
    firsts = np.flatnonzero(~is_copy(train) & has_value(train, "label"))
    rows = train.select(np.concatenate([firsts, copies]))
    targets = label_indices(rows, labels)
    place_of = {number: place for place, number in enumerate(train.select(firsts)["id"])}
    parents = np.asarray([place_of.get(each, -1) for each in train.select(copies)["parent"]])
    if set(labels) <= set(model.labels):
        logits = said_in(model, rows, context).values
        columns = [model.labels.index(label) for label in labels]
        index = {label: place for place, label in enumerate(labels)}
        names = np.asarray([index.get(label, -1) for label in model.labels])
        answers = names[logits.argmax(axis=1)]
        logits = logits[:, columns]
        divisor = 1.0
        if step.options.soft and "validation" in data.splits:
            held_out = labelled(open_split(data, "validation"))
            of_held_out = said_in(model, held_out, context).values[:, columns]
            divisor = temperature(label_indices(held_out, labels), of_held_out)
    else:
        vectors = np.asarray(read_by(model.path, rows, context))
        logits = logits_of_heads(vectors, targets, parents, len(labels), context.seed)
        answers = logits.argmax(axis=1)
        divisor = temperature(targets[: len(firsts)], logits[: len(firsts)])
    of_copies = answers[len(firsts) :]
    as_parent = (parents >= 0) & (of_copies == answers[parents])
    as_labelled = of_copies == targets[len(firsts) :]
    shares = None
    if step.options.soft:
        shares = softmax(logits[len(firsts) :] / np.float32(divisor), axis=1)
    return Said(~(as_parent | as_labelled), shares)


def logits_of_heads(
    vectors: np.ndarray, targets: np.ndarray, parents: np.ndarray, labels: int, seed: int
) -> np.ndarray:
    """Logits of each row by a head that saw neither it nor its original.

    (originals + copies, labels). `vectors` and `targets` are those of the originals, then of the
    copies; `parents` says for each copy which original it is of, -1 for one that is not there.
    """
    count = len(vectors) - len(parents)
    examples = Examples(vectors[:count], targets[:count], labels)
    strength, _ = best_strength(examples, seed=seed)
    found = examples.fitted(strength).logits(vectors)
    for seen, unseen in folds(examples.targets, seed):
        head = examples.fitted(strength, seen)
        theirs = count + np.flatnonzero(np.isin(parents, unseen))
        judged = np.concatenate([unseen, theirs])
        found[judged] = head.logits(vectors[judged])
    return found


def kept(
    train: datasets.Dataset, judged: np.ndarray, doubted: np.ndarray, shares: np.ndarray | None
) -> Iterator[Row]:
    """The rows that stay: without the doubted ones, the judged ones with their shares, if any."""
    said = repeat(None) if shares is None else iter(shares)
    place = 0
    for batch in batches_of(train):
        for row in batch:
            own = next(said) if judged[place] else None
            if not doubted[place]:
                yield row if own is None else {**row, "soft": own.tolist()}
            place += 1
