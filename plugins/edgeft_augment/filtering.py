"""Takes copies out again whose label a model doubts: what it answers them, and their originals.

A copy stays where it is answered by its label, or as its original is: what the model never knew
says nothing against the copy. An encoder is asked through a head that saw neither copy nor
original, a model with the data's labels by its own head.
"""

from collections.abc import Iterator

import datasets
import numpy as np

from edgeft.data.copies import Row, batches_of
from edgeft.data.rows import (
    copy_split,
    has_value,
    is_copy,
    label_indices,
    open_split,
    write_split,
)
from edgeft.evaluation import logits_of
from edgeft.plugin import Augmenter, Bundle, Checkpoint, Context, Dataset
from edgeft.probing.embeddings import read_by
from edgeft.probing.heads import Examples, best_strength, folds
from edgeft_augment.options import FilterOptions


def without_doubtful(
    step: Augmenter[FilterOptions], data: Dataset, model: Checkpoint | Bundle
) -> Dataset:
    """Write `data` without the copies whose label `model` doubts; unlabelled ones stay."""
    train = open_split(data, "train")
    copies = np.flatnonzero(is_copy(train) & has_value(train, "label"))
    with step.writing(Dataset, data=data) as draft:
        doubted = np.zeros(len(train), dtype=bool)
        if len(copies):
            doubted[copies] = doubts(train, copies, data.labels, model, step.context)
        for split in data.splits:
            if split != "train":
                draft.manifest.rows[split] = copy_split(data, draft.path, split)
        draft.manifest.rows["train"] = write_split(draft.path, "train", kept(train, ~doubted))
        draft.manifest.summary = data.manifest.summary
        draft.figures = {"copies": len(copies), "left_out": int(doubted.sum())}
    step.context.progress.note(
        f"filter leaves out {doubted.sum():,} of {len(copies):,} copies: their label is doubtful"
    )
    return draft.artifact


def doubts(
    train: datasets.Dataset,
    copies: np.ndarray,
    labels: list[str],
    model: Checkpoint | Bundle,
    context: Context,
) -> np.ndarray:
    """Whether each copy is answered neither by its label nor as its original, bool (copies,)."""
    firsts = np.flatnonzero(~is_copy(train) & has_value(train, "label"))
    rows = train.select(np.concatenate([firsts, copies]))
    targets = label_indices(rows, labels)
    place_of = {number: place for place, number in enumerate(train.select(firsts)["id"])}
    parents = np.asarray([place_of.get(each, -1) for each in train.select(copies)["parent"]])
    if set(labels) <= set(model.labels):
        answers = own_answers(model, rows, labels, context)
    else:
        vectors = np.asarray(read_by(model.path, rows, context))
        answers = answers_of_heads(vectors, targets, parents, len(labels), context.seed)
    of_copies = answers[len(firsts) :]
    as_parent = (parents >= 0) & (of_copies == answers[parents])
    as_labelled = of_copies == targets[len(firsts) :]
    found: np.ndarray = ~(as_parent | as_labelled)
    return found


def own_answers(
    model: Checkpoint | Bundle, rows: datasets.Dataset, labels: list[str], context: Context
) -> np.ndarray:
    """The label that a model's own head gives each row, as an index, (rows,)."""
    logits = logits_of(
        model,
        rows["text"],
        task=context.task,
        device=context.device,
        threads=context.threads,
        bf16=True,
        progress=context.progress,
    )
    index = {label: place for place, label in enumerate(labels)}
    names = np.asarray([index.get(label, -1) for label in model.labels])
    found: np.ndarray = names[logits.argmax(axis=1)]
    return found


def answers_of_heads(
    vectors: np.ndarray, targets: np.ndarray, parents: np.ndarray, labels: int, seed: int
) -> np.ndarray:
    """The label of each row by a head that saw neither it nor its original, (originals + copies,).

    `vectors` and `targets` are those of the originals, then of the copies; `parents` says for each
    copy which original it is of, -1 for one that is not there.
    """
    count = len(vectors) - len(parents)
    examples = Examples(vectors[:count], targets[:count], labels)
    strength, _ = best_strength(examples, seed=seed)
    whole = examples.fitted(strength)
    answers: np.ndarray = whole.logits(vectors).argmax(axis=1)
    for seen, unseen in folds(examples.targets, seed):
        head = examples.fitted(strength, seen)
        theirs = count + np.flatnonzero(np.isin(parents, unseen))
        judged = np.concatenate([unseen, theirs])
        answers[judged] = head.logits(vectors[judged]).argmax(axis=1)
    return answers


def kept(train: datasets.Dataset, keep: np.ndarray) -> Iterator[Row]:
    """The rows that stay."""
    place = 0
    for batch in batches_of(train):
        for row in batch:
            if keep[place]:
                yield row
            place += 1
