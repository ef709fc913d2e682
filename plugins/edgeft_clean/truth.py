"""What a row's label may truly be: what models say of the text, weighed by how labels go wrong."""

import numpy as np
from cleanlab.count import compute_confident_joint
from scipy.special import softmax

from edgeft.tasks.text_classification.calibration import least

EVEN = 0.3
"""share of the errors that is taken to fall on every other label alike, beside what was counted"""
SUREST = 0.2
"""the least temperature that is tried"""
TINY = np.finfo(float).tiny


def believed(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """How likely each label is the true one of each row, (rows, labels).

    By Bayes' rule: p(true | text, given) ~ p(true | text) p(given | true). `y` (rows,) are the
    labels given; `probabilities` (rows, labels) are models' that had not seen the row, as sure as
    they are right by the labels given. These models learnt from wrong labels among the others, and
    are too shy for the true ones: of all temperatures that one makes them p(true | text) under
    which the labels given are the likeliest (forward correction, Patrini et al. 2017,
    https://arxiv.org/abs/1609.03683).
    """
    errors = noise(y, probabilities)
    logits = np.log(np.maximum(probabilities.astype(float), TINY))

    def joint(temperature: float) -> np.ndarray:
        shares: np.ndarray = softmax(logits / temperature, axis=1) * errors[:, y].T
        return shares

    best = least(lambda tried: -np.log(joint(tried).sum(axis=1) + TINY).mean(), SUREST)
    found = joint(best) + TINY
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def noise(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """How likely each label is given to a row of each, p(given | true): (true, given).

    What confident learning counts (Northcutt et al. 2021, https://arxiv.org/abs/1911.00068) says
    which labels are taken for which, but takes a model's own mistakes for errors of the labels. A
    share that falls on all labels alike tells these apart: a label that is given for no reason is
    seldom among those that a model takes for one another.
    """
    counted = compute_confident_joint(y, probabilities, calibrate=True).T.astype(float)
    labels = len(counted)
    wrong = 1 - np.trace(counted) / counted.sum()
    others = wrong / (labels - 1)
    evenly = np.full((labels, labels), others)
    np.fill_diagonal(evenly, 1 - wrong)
    rows = counted.sum(axis=1, keepdims=True)
    counted = np.divide(counted, rows, out=evenly.copy(), where=rows > 0)
    return np.asarray(EVEN * evenly + (1 - EVEN) * counted)
