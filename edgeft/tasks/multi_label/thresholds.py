"""From which probability on each label holds: the one that gives most F1 on validation rows."""

from dataclasses import replace

import numpy as np

from edgeft.manifests import Decoding
from edgeft.runtime.outputs import Outputs

FEWEST = 5
"""rows that a label has to hold for, for its own threshold to be more than chance"""
DOUBT = 20
"""rows that a label has to hold for, for its threshold to lie halfway between 0.5 and the best"""
LEAST, MOST = 0.05, 0.95
"""bounds of a threshold: beyond them a handful of rows would decide"""


def thresholds(truth: np.ndarray, logits: np.ndarray) -> list[float]:
    """The threshold of each label with the greatest F1 on these rows.

    For 0 and 1 (rows, labels) and logits of the same shape. A label that holds for too few rows
    gets 0.5, and that of others is drawn towards 0.5 the more, the fewer they are: the best of a
    handful of rows is mostly luck. Between two neighbouring probabilities the middle is taken
    (Lipton et al. 2014).
    """
    chances = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -80, 80)))
    holds = truth > 0
    return [
        shrunk(best(holds[:, place], chances[:, place]), int(holds[:, place].sum()))
        for place in range(truth.shape[1])
    ]


def shrunk(threshold: float, rows: int) -> float:
    """A threshold whose log odds are shrunk by what is known of a label that holds for `rows`."""
    odds = np.log(threshold / (1 - threshold)) * rows / (rows + DOUBT)
    return round(float(1 / (1 + np.exp(-odds))), 4)


def best(holds: np.ndarray, chances: np.ndarray) -> float:
    """The threshold of one label, for whether it holds (rows,) and its probabilities (rows,)."""
    if holds.sum() < FEWEST or holds.all():
        return 0.5
    order = np.argsort(-chances, kind="stable")
    falling, right = chances[order], np.cumsum(holds[order])
    answered = np.arange(1, len(order) + 1)
    f1 = 2 * right / (answered + holds.sum())
    f1[:-1][falling[:-1] == falling[1:]] = -1  # no threshold lies between equal probabilities
    last = int(f1.argmax())
    below = falling[last + 1] if last + 1 < len(falling) else 0.0
    return round(float(np.clip((falling[last] + below) / 2, LEAST, MOST)), 4)


def shifted(outputs: Outputs, decoding: Decoding) -> Outputs:
    """The outputs with logits that are 0 or more where a label holds by the decoding."""
    at = np.asarray(decoding.thresholds, dtype=np.float64)
    moved = outputs.values / decoding.temperature - np.log(at / (1 - at))
    return replace(outputs, values=moved.astype(np.float32))
