"""Spreads labels from the texts that have one to those that do not, along their likeness.

Texts of one label lie close together even where a head that saw eight of them draws its line wrong:
each text takes over what its nearest neighbours are, again and again, and the known labels hold
(Zhou et al. 2004, "Learning with Local and Global Consistency"; for training on what comes out,
Iscen et al. 2019, https://arxiv.org/abs/1904.04717).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.neighbors import kneighbors_graph

from edgeft.probing.heads import Examples, folds

SHARPNESS = 0.05
"""cosine distance at which a neighbour counts 1/e of one that is the same"""
FROM_OTHERS = 0.95
"""share of what a text is taken to be that comes from its neighbours, at every turn"""
TURNS = 30
SHY = 2.0
"""temperature of a head's first guesses: what labels know weighs more than what it is sure of.
These four were chosen by cross-validation on labelled texts of Banking77, eight and six a label"""
ENOUGH = 20
"""labelled texts that a temperature is fitted on, at least; of fewer it is 1"""
LEAST = 1e-12


def likeness(vectors: np.ndarray, neighbours: int) -> Any:
    """How alike texts are, by their vectors (texts, hidden): a sparse matrix (texts, texts).

    Each has its nearest `neighbours`, and those whose neighbour it is: exp((cosine - 1) / 0.05),
    scaled to D^-1/2 W D^-1/2.
    """
    count = min(neighbours, len(vectors) - 1)
    found = kneighbors_graph(vectors, count, mode="distance", metric="cosine")
    found.data = np.exp(-found.data / SHARPNESS)
    weights = found.maximum(found.T)
    scale = 1 / np.sqrt(np.maximum(np.asarray(weights.sum(axis=1)).ravel(), LEAST))
    return (sparse.diags(scale) @ weights @ sparse.diags(scale)).tocsr().astype(np.float32)


def spread(graph: Any, guesses: np.ndarray) -> np.ndarray:
    """What each text is taken to be, (texts, labels), of first guesses of the same shape.

    F = 0.95 S F + 0.05 F0, thirty times from F0; rows sum to one.
    """
    first = guesses.astype(np.float32)
    found = first
    for _ in range(TURNS):
        found = FROM_OTHERS * (graph @ found) + (1 - FROM_OTHERS) * first
    found = np.maximum(found, LEAST)
    shares: np.ndarray = found / found.sum(axis=1, keepdims=True)
    return shares


@dataclass(frozen=True)
class Guess:
    """What texts without a label are taken to be, and how far that can be trusted."""

    shares: np.ndarray
    """probabilities, float32 (texts, labels)"""
    temperature: float
    """that they were divided by, so that they are as sure as they are right"""
    right: float
    """how often the same is right about labelled texts whose label was left out"""


def guessed(
    examples: Examples,
    strength: float,
    vectors: np.ndarray,
    *,
    neighbours: int,
    temperature: float | None = None,
    seed: int = 0,
) -> Guess:
    """What texts with `vectors` (texts, hidden) are, from labelled examples beside them.

    A head that is fitted on the examples guesses first, and its guesses spread; without neighbours
    they stand. The temperature, unless one is given, is that at which labelled texts whose label
    was left out, and that are not the only one of it, are most likely (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
    """
    known = len(examples.targets)
    everything = np.concatenate([examples.vectors, vectors])
    graph = likeness(everything, neighbours) if neighbours else None

    def found(rows: np.ndarray) -> np.ndarray:
        """Log-probabilities of all texts, where the labels of these rows are known."""
        logits = examples.fitted(strength, rows).logits(everything)
        if graph is None:
            return np.asarray(log_softmax(logits, axis=1))
        first = softmax(logits / SHY, axis=1)
        first[rows] = np.eye(examples.labels, dtype=np.float32)[examples.targets[rows]]
        spreaded: np.ndarray = np.log(spread(graph, first))
        return spreaded

    left_out = np.empty((known, examples.labels), dtype=np.float32)
    for train, held_out in folds(examples.targets, seed):
        left_out[held_out] = found(train)[held_out]
    told = np.bincount(examples.targets)[examples.targets] > 1  # others of their label remain
    left_out, targets = left_out[told], examples.targets[told]
    right = float((left_out.argmax(axis=1) == targets).mean()) if len(targets) else 0.0
    if temperature is None:
        temperature = fitted_temperature(left_out, targets) if len(targets) >= ENOUGH else 1.0
    shares = softmax(found(np.arange(known))[known:] / temperature, axis=1)
    return Guess(shares.astype(np.float32), temperature, right)


def guessed_blind(logits: np.ndarray, vectors: np.ndarray, *, neighbours: int) -> Guess:
    """What texts (texts, hidden) are, by a model's logits (texts, labels), where no label is known.

    Nothing tells how far that can be trusted: the temperature is 1, and `right` 0.
    """
    shares = softmax(logits, axis=1)
    if neighbours:
        shares = spread(likeness(vectors, neighbours), shares)
    return Guess(shares.astype(np.float32), 1.0, 0.0)


def fitted_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """The temperature at which the targets (rows,) are most likely, by logits (rows, labels)."""

    def unlikely(log_temperature: float) -> float:
        found = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(found[np.arange(len(targets)), targets].mean())

    best = minimize_scalar(unlikely, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(best.x))
