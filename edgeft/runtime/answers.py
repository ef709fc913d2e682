"""From the graph's output to what a caller wants to know: labels with probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Answer:
    """A label, and how probable the model holds it: between 0 and 1."""

    label: str
    probability: float


def softmax(logits: np.ndarray) -> np.ndarray:
    """The probabilities of logits (rows, labels): exponentials that sum to 1 a row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return result


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """The probability of each logit alone."""
    found: np.ndarray = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
    return found


def best_of_one(logits: np.ndarray, labels: Sequence[str]) -> Answer:
    """The most probable label of one row of logits (labels,); fewer steps than `best`."""
    winner = int(logits.argmax())
    return Answer(labels[winner], float(1 / np.exp(logits - logits[winner]).sum()))


def best(logits: np.ndarray, labels: Sequence[str]) -> list[Answer]:
    """The most probable label of each row of logits (rows, labels)."""
    winners = logits.argmax(axis=1)
    highest = logits[np.arange(len(logits)), winners]
    # the softmax of the highest logit: 1 over the sum of all exponentials relative to it
    chances = 1 / np.exp(logits - highest[:, None]).sum(axis=1)
    return [
        Answer(labels[winner], chance)
        for winner, chance in zip(winners.tolist(), chances.tolist(), strict=True)
    ]


def top(logits: np.ndarray, labels: Sequence[str], k: int) -> list[list[Answer]]:
    """The `k` most probable labels of each row, or all where there are fewer, best first."""
    chances = softmax(logits)
    order = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    return [
        [Answer(labels[place], float(row[place])) for place in places]
        for row, places in zip(chances, order, strict=True)
    ]
