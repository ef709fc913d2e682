"""How far probabilities can be believed, and the temperature that makes them believable."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

BINS = 15
"""intervals of confidence, as Guo et al. took"""
FEWEST = 50
"""rows below which a temperature would follow chance"""
LEAST, MOST = 0.02, 5.0
"""bounds of the temperature"""
FEW_MISTAKES = 3
"""mistakes below which rows do not tell how sure is too sure"""


def temperature(labels: np.ndarray, logits: np.ndarray) -> float:
    """What to divide logits (rows, labels) by, for their probabilities to fit the labels (rows,).

    The temperature of the smallest cross-entropy on these rows (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599); 1 for a few rows and where dividing gains nothing, and not
    below 1 for those with a few mistakes.
    """
    finite = np.isfinite(logits).all(axis=1)
    labels, values = labels[finite], logits[finite].astype(np.float64)
    if len(labels) < FEWEST:
        return 1.0

    def surprise(tempered: float) -> float:
        shares = log_softmax(values / tempered, axis=1)
        return float(-shares[np.arange(len(labels)), labels].mean())

    return least(surprise, lowest(int((values.argmax(axis=1) != labels).sum())))


def lowest(mistakes: int) -> float:
    """The least temperature that rows with so many mistakes may tell.

    A few make nothing surer than it is: without any, the smallest of all would fit best.
    """
    return LEAST if mistakes >= FEW_MISTAKES else 1.0


def least(surprise: Callable[[float], float], bound: float = LEAST) -> float:
    """The temperature of the smallest `surprise`, from `bound` on; 1 where none gains anything."""
    found = minimize_scalar(
        lambda logarithm: surprise(float(np.exp(logarithm))),
        bounds=(np.log(bound), np.log(MOST)),
        method="bounded",
    )
    return round(float(np.exp(found.x)), 4) if found.fun < surprise(1.0) else 1.0


def calibration_error(labels: np.ndarray, logits: np.ndarray) -> float | None:
    """The expected calibration error of logits (rows, labels): 0 is best, and None without rows.

    Rows are put into intervals of equal width by the probability of their answer; the mean over
    rows of |share of right answers - mean probability| of their interval (Naeini et al. 2015).
    """
    chances = softmax(logits.astype(np.float64), axis=1)
    right = chances.argmax(axis=1) == labels if len(labels) else np.empty(0, bool)
    return error_of(chances.max(axis=1, initial=0.0), right)


def error_of(confidence: np.ndarray, right: np.ndarray) -> float | None:
    """The same of answers with this confidence (answers,), by whether they are right (answers,)."""
    if not len(right):
        return None
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    gaps = np.bincount(places, right, BINS) - np.bincount(places, confidence, BINS)
    return float(np.abs(gaps[counts > 0]).sum() / len(right))
