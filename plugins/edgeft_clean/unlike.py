"""Rows unlike the others by what their texts mean: probable label errors, and outliers."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.special import softmax

from edgeft.probing.heads import Examples, best_strength, out_of_fold
from edgeft_clean.findings import Action, Finding
from edgeft_clean.rows import Rows
from edgeft_clean.truth import believed

NEIGHBOURS = 10
REFERENCE = 20_000
"""texts that the others are compared with, at most"""
CHUNK = 1000
FAR = 5.0
"""of an outlier: its distance from its neighbours lies so many quartile ranges above the third"""


def by_heads(given: Sequence[str], vectors: np.ndarray, *, seed: int) -> np.ndarray:
    """Probabilities (rows, labels) of each row by a head that had not seen it.

    Logistic regression on the vectors (rows, hidden) for the labels given, (rows,); labels are
    sorted.
    """
    names, y = np.unique(given, return_inverse=True)
    examples = Examples(vectors, y, labels=len(names))
    strength, _ = best_strength(examples, seed=seed)
    return np.asarray(softmax(out_of_fold(examples, strength, seed).astype(float), axis=1))


def label_errors(
    rows: Rows,
    asked: Callable[[], np.ndarray],
    *,
    confidence: float,
    unsure: Action = "drop",
) -> Iterator[Finding]:
    """Training rows whose label their text hardly fits, by models that had not seen them.

    `asked` gives what these say, (training rows, labels), labels sorted. A row is named where
    another label is likelier to be the true one than its own. It is to be relabelled where that one
    is likely enough, else to be what `unsure` says.
    """
    places, given = rows.training, rows.given
    names, y = np.unique(given, return_inverse=True)
    if len(names) < 2:
        return
    probabilities = believed(y, asked())
    likely = probabilities.argmax(axis=1)
    for number in np.flatnonzero(likely != y):
        probability = float(probabilities[number, likely[number]])
        own = float(probabilities[number, y[number]])
        name = str(names[likely[number]])
        relabel = probability >= confidence
        yield Finding(
            rows.ids[places[number]],
            "label",
            "high" if relabel else "medium",
            f"by the others it is {name} with probability {probability:.2f},"
            f" and {given[number]} with {own:.2f}",
            action="relabel" if relabel else unsure,
            new_label=name if relabel else "",
            score=1 - own,
        )


def outliers(rows: Rows, vectors: np.ndarray, *, seed: int) -> Iterator[Finding]:
    """Texts far from all others: by the mean cosine distance from their ten nearest."""
    distances = to_neighbours(vectors, seed)
    low, high = np.quantile(distances, [0.25, 0.75])
    limit = high + FAR * max(high - low, 1e-6)
    for place in np.flatnonzero(distances > limit):
        why = f"unlike every other text: cosine {1 - distances[place]:.2f} with its nearest ten"
        yield Finding(
            rows.ids[place], "outlier", "low", why, score=min(1.0, float(distances[place]))
        )


def to_neighbours(vectors: np.ndarray, seed: int) -> np.ndarray:
    """The mean cosine distance (rows,) of every vector from its nearest, itself left out."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    reference = np.arange(len(unit))
    if len(unit) > REFERENCE:
        reference = np.random.default_rng(seed).choice(len(unit), REFERENCE, replace=False)
    among = min(NEIGHBOURS, len(reference) - 1)
    found = np.empty(len(unit), np.float32)
    if among < 1:
        found.fill(0)
        return found
    for start in range(0, len(unit), CHUNK):
        chunk = slice(start, start + CHUNK)
        likeness = unit[chunk] @ unit[reference].T  # (chunk, reference)
        own = np.arange(len(unit))[chunk, None] == reference[None]
        likeness[own] = -np.inf
        nearest = np.partition(likeness, -among, axis=1)[:, -among:]
        found[chunk] = 1 - nearest.mean(axis=1)
    return found
