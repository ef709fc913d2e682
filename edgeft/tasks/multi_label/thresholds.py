"""From which probability on each label holds: the one that gives most F1 on validation rows."""

from dataclasses import replace

import numpy as np

from edgeft.manifests import Decoding
from edgeft.runtime.answers import sigmoid
from edgeft.runtime.outputs import Outputs

FEWEST = 5
"""rows that a label has to hold for, for its own threshold to be more than chance"""
DOUBT = 20
"""rows that a label has to hold for, for its threshold to lie halfway between that of all labels
and its own best"""
NEUTRAL = 0.5
"""the threshold where nothing is known"""
LEAST, MOST = 0.05, 0.95
"""bounds of a threshold: beyond them a handful of rows would decide"""


def thresholds(truth: np.ndarray, logits: np.ndarray) -> list[float]:
    """The threshold of each label with the greatest F1 on these rows.

    For 0 and 1 (rows, labels) and logits of the same shape. The best of a handful of rows is mostly
    luck, so what few rows say is drawn towards what many say: the threshold of a label towards the
    one that is best for all labels together, and that one towards 0.5. A label that holds for too
    few rows has that of all. Between two neighbouring probabilities the middle is taken (Lipton et
    al. 2014).
    """
    chances = sigmoid(logits.astype(np.float64))
    holds = truth > 0
    of_all = drawn(NEUTRAL, holds.ravel(), chances.ravel())
    return [
        round(drawn(of_all, holds[:, place], chances[:, place]), 4)
        for place in range(truth.shape[1])
    ]


def drawn(known: float, holds: np.ndarray, chances: np.ndarray) -> float:
    """The best threshold for these rows, its log odds drawn towards those of a known one."""
    rows = int(holds.sum())
    if rows < FEWEST or holds.all():
        return known
    own = best(holds, chances)
    odds = [np.log(each / (1 - each)) for each in (known, own)]
    return float(1 / (1 + np.exp(-np.average(odds, weights=[DOUBT, rows]))))


def best(holds: np.ndarray, chances: np.ndarray) -> float:
    """The threshold with the greatest F1, for whether a label holds (rows,) and how probable."""
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
