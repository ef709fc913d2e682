"""How frequent labels are, and what shows rare ones more often."""

from typing import Literal

import datasets
import numpy as np

from edgeft.data.rows import answers_of
from edgeft.tasks import UNLABELLED
from edgeft.tasks.labels import indices

Resample = Literal["none", "root", "balanced"]
POWERS = {"root": 0.5, "balanced": 1.0}


def resampled(
    rows: datasets.Dataset, labels: list[str], how: Resample, seed: int
) -> datasets.Dataset:
    """The rows, with those of rarer labels repeated.

    A label with n rows gets n * (m / n)^p of them, m the most that any label has: p = 1 for
    `balanced`, so that all have as many, and 1/2 for `root`, half of the way. Each row is there
    as often as any other of its label, give or take one.
    """
    if how == "none":
        return rows
    targets = indices(answers_of(rows), labels)
    random = np.random.default_rng(seed)
    counts = counted(targets, len(labels))
    chosen = [np.arange(len(rows))]
    for label in np.flatnonzero(counts):
        wanted = round(counts[label] * (counts.max() / counts[label]) ** POWERS[how])
        own = np.flatnonzero(targets == label)
        times, rest = divmod(wanted - len(own), len(own))
        chosen += [np.repeat(own, times), random.choice(own, rest, replace=False)]
    return rows.select(np.sort(np.concatenate(chosen)))


def counted(targets: np.ndarray, classes: int) -> np.ndarray:
    """How many rows each label has, int (classes,); `targets` are label indices (rows,)."""
    return np.bincount(targets[targets != UNLABELLED], minlength=classes)


def log_frequencies(counts: np.ndarray) -> np.ndarray:
    """Logarithm of each label's share of the rows, float32 (labels,).

    `counts` are the rows of each label, (labels,); a label without rows counts as if it had one.
    """
    least = np.maximum(counts, 1)
    found: np.ndarray = np.log(least / least.sum()).astype(np.float32)
    return found
