"""What one model has to say of texts that nobody labelled, for the next one to learn."""

from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np

from edgeft.architectures import trained_pooling
from edgeft.data.rows import label_indices, originals
from edgeft.plugin import Checkpoint, Context, Dataset
from edgeft.probing.heads import Head
from edgeft.probing.probe import Reader, head_of, probe
from edgeft.training.encoding import load_tokenizer
from edgeft_unlabelled import SelfTrainingOptions
from edgeft_unlabelled.balance import balanced, surest
from edgeft_unlabelled.soft_heads import soft_head
from edgeft_unlabelled.spreading import guessed, guessed_blind

STRENGTH = 10.0
"""of a head's penalty, where no labelled text can tell"""
LEAST = 1e-9


@dataclass(frozen=True)
class Work:
    """What all rounds have in common."""

    data: Dataset
    rows: datasets.Dataset
    """the labelled training texts, copies included; none where only names of labels are known"""
    pool: datasets.Dataset
    options: SelfTrainingOptions
    context: Context
    finetuner: str

    @property
    def targets(self) -> np.ndarray:
        """The labels of the rows, as indices."""
        return label_indices(self.rows, self.data.labels)

    @property
    def prior(self) -> np.ndarray:
        """How frequent each label is among the labelled texts, or else all alike, (labels,)."""
        counts = np.bincount(self.targets, minlength=len(self.data.labels)) + LEAST
        return np.asarray(counts / counts.sum())


@dataclass(frozen=True)
class Lesson:
    """What one model says of the pool, for the next one to learn."""

    pool: datasets.Dataset
    """the texts that are believed"""
    shares: np.ndarray
    """what each is, float32 (texts, labels)"""
    head: Head
    """one that says the same of the model's vectors, as a linear head can"""
    told: dict[str, Any]
    """what the history says of it"""


def lesson_of(before: Checkpoint, work: Work, context: Context) -> Lesson:
    """What a model, the likeness of the texts and their balance say of the pool.

    After the first round models know the labelled texts by heart: its temperature stays.
    """
    options, labels = work.options, work.data.labels
    reader = reader_of(before, context)
    vectors = np.asarray(reader.vectors(work.pool))
    rows = originals(work.rows)
    if len(rows):
        found = probe(reader, rows, labels, options)
        head, strength = found.head, found.strength
        guess = guessed(
            found.examples,
            strength,
            vectors,
            neighbours=options.neighbours,
            temperature=figures(before).get("temperature"),
            seed=context.seed,
        )
        known, seen = found.examples.vectors, one_hot(rows, labels)
    else:
        head, strength = head_of(reader.model), options.strength or STRENGTH
        guess = guessed_blind(head.logits(vectors), vectors, neighbours=options.neighbours)
        known, seen = vectors[:0], guess.shares[:0]
    shares = balanced(guess.shares, work.prior, options.balance)
    taken = np.flatnonzero(shares.max(axis=1) >= options.confidence)
    if not options.soft:
        taken = surest(shares, work.prior, options.confidence, options.balance)
    counts = np.bincount(shares[taken].argmax(axis=1), minlength=len(labels))
    told = {
        "taken": len(taken),
        "by_label": {"least": int(counts.min()), "most": int(counts.max())},
        "temperature": round(guess.temperature, 4),
        "right_when_left_out": round(guess.right, 4),
    }
    everything = np.concatenate([known, vectors[taken]])
    head = soft_head(everything, np.concatenate([seen, shares[taken]]), strength, head)
    return Lesson(work.pool.select(taken), shares[taken], head, told)


def one_hot(rows: datasets.Dataset, labels: list[str]) -> np.ndarray:
    """The labels of rows as probabilities, float32 (rows, labels)."""
    found: np.ndarray = np.eye(len(labels), dtype=np.float32)[label_indices(rows, labels)]
    return found


def reader_of(checkpoint: Checkpoint, context: Context) -> Reader:
    """The encoder of a checkpoint, pooled as its head reads it, or to the mean."""
    pooling = trained_pooling(checkpoint.path) or "mean"
    model = context.task.load_model(checkpoint.path, pooling=pooling)
    tokenizer = load_tokenizer(checkpoint.path)
    return Reader(checkpoint.path, model, tokenizer, checkpoint.max_length, context)


def figures(model: Checkpoint) -> dict[str, Any]:
    """What the last step of a checkpoint measured of itself."""
    return model.manifest.history[-1].figures
