"""What models have to say of texts that nobody labelled, for the next one to learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np

from edgeft.architectures import trained_pooling
from edgeft.data.rows import label_indices, originals
from edgeft.plugin import Checkpoint, Context, Dataset, TrainingError
from edgeft.probing.heads import Head
from edgeft.probing.probe import Reader, head_of, probe
from edgeft.training.encoding import load_tokenizer
from edgeft_unlabelled import SelfTrainingOptions
from edgeft_unlabelled.balance import balanced, surest
from edgeft_unlabelled.soft_heads import soft_head
from edgeft_unlabelled.spreading import Guess, guessed, guessed_blind

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
    """What models say of the pool, for the next one to learn."""

    pool: datasets.Dataset
    """the texts that are believed"""
    shares: np.ndarray
    """what each is, float32 (texts, labels)"""
    head: Head
    """one that says the same of the model's vectors, as a linear head can"""
    told: dict[str, Any]
    """what the history says of it"""


@dataclass(frozen=True)
class Opinion:
    """What one model alone takes the pool to be, beside the vectors that it took it from."""

    guess: Guess
    head: Head
    strength: float
    vectors: np.ndarray
    """of the pool, (texts, hidden)"""
    known: np.ndarray
    """of the labelled texts, (texts, hidden); none where only names of labels are known"""


def lesson_of(models: Sequence[Checkpoint], work: Work, context: Context) -> Lesson:
    """What models, the likeness of the texts and their balance say of the pool.

    What several models say is averaged: they err about other texts (Lakshminarayanan et al. 2017,
    https://arxiv.org/abs/1612.01474). The first of them is the one that goes on from it. Raises
    TrainingError where no text is believed, and none with a label is learnt from either.
    """
    options, labels = work.options, work.data.labels
    opinions = [opinion_of(model, work, context) for model in models]
    own, rows = opinions[0], originals(work.rows)
    guesses = np.mean([opinion.guess.shares for opinion in opinions], axis=0)
    shares = balanced(guesses, work.prior, options.balance)
    taken = np.flatnonzero(shares.max(axis=1) >= options.confidence)
    if not options.soft:
        taken = surest(shares, work.prior, options.confidence, options.balance)
    if not len(taken) and not len(rows):
        raise nothing_believed(shares, options.confidence)
    counts = np.bincount(shares[taken].argmax(axis=1), minlength=len(labels))
    told = {
        "taken": len(taken),
        "by_label": {"least": int(counts.min()), "most": int(counts.max())},
        "temperature": round(own.guess.temperature, 4),
        "right_when_left_out": round(own.guess.right, 4),
    }
    if len(opinions) > 1:
        told["agree"] = round(agreement([opinion.guess.shares for opinion in opinions]), 4)
    seen = one_hot(rows, labels) if len(rows) else own.guess.shares[:0]
    everything = np.concatenate([own.known, own.vectors[taken]])
    targets = np.concatenate([seen, shares[taken]])
    head = soft_head(everything, targets, own.strength, own.head)
    return Lesson(work.pool.select(taken), shares[taken], head, told)


def nothing_believed(shares: np.ndarray, confidence: float) -> TrainingError:
    """The error for texts, by what each is (texts, labels), none of which is sure enough."""
    highest = np.floor(shares.max() * 1000) / 1000  # rounded down: texts reach what is shown
    return TrainingError(
        f"no text reaches confidence: {confidence:g}, the surest is {highest:g}: there is nothing"
        " to learn from",
        hint=f"set confidence to {highest:g} at most, or leave it out to learn from all texts",
    )


def opinion_of(model: Checkpoint, work: Work, context: Context) -> Opinion:
    """What a model and the likeness of the texts to it say of the pool.

    After the first round models know the labelled texts by heart: its temperature stays.
    """
    options, rows = work.options, originals(work.rows)
    reader = reader_of(model, context)
    vectors = np.asarray(reader.vectors(work.pool))
    if not len(rows):
        head = head_of(reader.model)
        guess = guessed_blind(head.logits(vectors), vectors, neighbours=options.neighbours)
        return Opinion(guess, head, options.strength or STRENGTH, vectors, vectors[:0])
    found = probe(reader, rows, work.data.labels, options)
    guess = guessed(
        found.examples,
        found.strength,
        vectors,
        neighbours=options.neighbours,
        temperature=figures(model).get("temperature"),
        seed=context.seed,
    )
    return Opinion(guess, found.head, found.strength, vectors, found.examples.vectors)


def agreement(shares: Sequence[np.ndarray]) -> float:
    """Of which share of the texts all models find the same label likeliest."""
    answers = np.stack([each.argmax(axis=1) for each in shares])
    return float((answers == answers[0]).all(axis=0).mean()) if answers.size else 1.0


def one_hot(rows: datasets.Dataset, labels: list[str]) -> np.ndarray:
    """The labels of rows as probabilities, float32 (rows, labels)."""
    found: np.ndarray = np.eye(len(labels), dtype=np.float32)[label_indices(rows, labels)]
    return found


def reader_of(checkpoint: Checkpoint, context: Context) -> Reader:
    """The encoder of a checkpoint, pooled as its head reads it, or to the mean."""
    pooling = trained_pooling(checkpoint.path) or "mean"
    model = context.task.load_model(checkpoint.path, checkpoint.labels, pooling=pooling)
    tokenizer = load_tokenizer(checkpoint.path)
    return Reader(checkpoint.path, model, tokenizer, checkpoint.max_length, context)


def figures(model: Checkpoint) -> dict[str, Any]:
    """What the last step of a checkpoint measured of itself."""
    return model.manifest.history[-1].figures
