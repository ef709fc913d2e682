"""Accuracy, macro F1, a table per class and the confusion matrix, with bootstrap intervals."""

from typing import NamedTuple

import numpy as np

from edgeft.intervals import edges, samples, share
from edgeft.tasks import Scores
from edgeft.tasks.text_classification.calibration import calibration_error


def score(labels: np.ndarray, logits: np.ndarray, names: list[str]) -> Scores:
    """Score logits (n, classes) against true label indices (n,); `names` are the classes'."""
    answers = np.asarray(logits).argmax(axis=1)
    confusion = confusion_matrix(np.asarray(labels), answers, len(names))
    right, answered, present = np.diagonal(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    whole = Counts(right[None], answered[None], present[None])
    precision, recall = share(right, answered), share(right, present)
    f1 = share(2 * right, answered + present)
    return Scores(
        n=len(labels),
        metrics={name: float(compute(whole)[0]) for name, compute in METRICS.items()},
        intervals=intervals(confusion),
        calibration_error=calibration_error(np.asarray(labels), np.asarray(logits)),
        per_class=[
            {
                "label": name,
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "support": int(present[index]),
            }
            for index, name in enumerate(names)
        ],
        confusion=confusion.tolist(),
    )


def confusion_matrix(labels: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Count the rows of each label (first index) that were answered so (second index)."""
    cells = np.bincount(labels * classes + answers, minlength=classes * classes)
    return cells.reshape(classes, classes)


class Counts(NamedTuple):
    """What samples of rows come to, of each class: int64 arrays (samples, classes)."""

    right: np.ndarray
    """rows of the class that were answered so"""
    answered: np.ndarray
    """rows that were answered so"""
    present: np.ndarray
    """rows of the class"""


def counted(drawn: np.ndarray, labels: np.ndarray, answers: np.ndarray, classes: int) -> Counts:
    """Count samples, each so many rows of each outcome (samples, outcomes).

    An outcome is a label and what was answered, indices (outcomes,).
    """
    right = labels == answers
    return Counts(
        summed(drawn[:, right], labels[right], classes),
        summed(drawn, answers, classes),
        summed(drawn, labels, classes),
    )


def summed(drawn: np.ndarray, places: np.ndarray, width: int) -> np.ndarray:
    """Add columns (many, columns) up into those (many, width) that `places` name."""
    found = np.zeros((len(drawn), width), dtype=np.int64)
    if len(places):
        order = np.argsort(places, kind="stable")
        named, starts = np.unique(places[order], return_index=True)
        found[:, named] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return found


def accuracy(counts: Counts) -> np.ndarray:
    """Share of right answers, (samples,)."""
    return share(counts.right.sum(axis=1), counts.present.sum(axis=1))


def macro_f1(counts: Counts) -> np.ndarray:
    """Mean F1 over the classes that occur as a label or an answer, (samples,)."""
    occurs = counts.answered + counts.present
    f1 = share(2 * counts.right, occurs)
    return share(f1.sum(axis=1), (occurs > 0).sum(axis=1))


METRICS = {"accuracy": accuracy, "macro_f1": macro_f1}


def intervals(
    confusion: np.ndarray, *, level: float = 0.95, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap intervals over the rows (Efron 1979); none of fewer than two rows."""
    if confusion.sum() < 2:
        return {}
    labels, answers = np.nonzero(confusion)
    parts = [
        counted(drawn, labels, answers, len(confusion))
        for drawn in samples(confusion[labels, answers], len(confusion), seed)
    ]
    return {
        name: edges(np.concatenate([compute(each) for each in parts]), level)
        for name, compute in METRICS.items()
    }


def divergence(reference: np.ndarray, candidate: np.ndarray) -> float:
    """The mean over rows of KL(softmax(reference) || softmax(candidate)), in nats.

    Both are logits (rows, labels). Kullback and Leibler 1951: the sum of p log(p / q).
    """
    p, q = log_softmax(reference), log_softmax(candidate)
    return float((np.exp(p) * (p - q)).sum(axis=1).mean())


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities, (rows, labels) float64."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    found: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found
