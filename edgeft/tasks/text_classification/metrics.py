"""Accuracy, macro F1, a table per class and the confusion matrix, with bootstrap intervals."""

import numpy as np

from edgeft.intervals import RESAMPLES, edges, share
from edgeft.tasks import Scores
from edgeft.tasks.text_classification.calibration import calibration_error

CELLS = 2_000_000
"""counts of resampled confusion matrices held at a time"""


def score(labels: np.ndarray, logits: np.ndarray, names: list[str]) -> Scores:
    """Score logits (n, classes) against true label indices (n,); `names` are the classes'."""
    answers = np.asarray(logits).argmax(axis=1)
    confusion = confusion_matrix(np.asarray(labels), answers, len(names))
    precision, recall, f1 = (each[0] for each in by_class(confusion[None]))
    return Scores(
        n=len(labels),
        metrics={
            "accuracy": float(accuracy(confusion[None])[0]),
            "macro_f1": float(macro_f1(confusion[None])[0]),
        },
        intervals=intervals(confusion),
        calibration_error=calibration_error(np.asarray(labels), np.asarray(logits)),
        per_class=[
            {
                "label": name,
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "support": int(confusion[index].sum()),
            }
            for index, name in enumerate(names)
        ],
        confusion=confusion.tolist(),
    )


def confusion_matrix(labels: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Count the rows of each label (first index) that were answered so (second index)."""
    cells = np.bincount(labels * classes + answers, minlength=classes * classes)
    return cells.reshape(classes, classes)


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Share of right answers, (many,), of confusion matrices (many, classes, classes)."""
    right = np.trace(confusion, axis1=1, axis2=2)
    return share(right, confusion.sum(axis=(1, 2)))


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 over the classes that occur as a label or an answer, (many,)."""
    occurs = (confusion.sum(axis=1) + confusion.sum(axis=2)) > 0
    _, _, f1 = by_class(confusion)
    return share((f1 * occurs).sum(axis=1), occurs.sum(axis=1))


def by_class(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class, each (many, classes); 0 where there is nothing."""
    right = np.diagonal(confusion, axis1=1, axis2=2)
    answered = confusion.sum(axis=1)
    present = confusion.sum(axis=2)
    return share(right, answered), share(right, present), share(2 * right, answered + present)


def intervals(
    confusion: np.ndarray, *, level: float = 0.95, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap intervals over the rows (Efron 1979).

    To draw n rows with replacement is to draw the confusion matrix's cells from a multinomial
    distribution, so the cost does not depend on the number of rows.
    """
    n = int(confusion.sum())
    if n < 2:
        return {}
    random = np.random.default_rng(seed)
    cells = np.flatnonzero(confusion)
    drawn = random.multinomial(n, confusion.ravel()[cells] / n, size=RESAMPLES)
    found: dict[str, list[np.ndarray]] = {"accuracy": [], "macro_f1": []}
    for part in np.array_split(drawn, 1 + RESAMPLES * confusion.size // CELLS):
        matrices = np.zeros((len(part), confusion.size), dtype=np.int64)
        matrices[:, cells] = part
        matrices = matrices.reshape(-1, *confusion.shape)
        found["accuracy"].append(accuracy(matrices))
        found["macro_f1"].append(macro_f1(matrices))
    return {name: edges(np.concatenate(parts), level) for name, parts in found.items()}


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
