"""How far the probability of each label can be believed, and the temperature that mends it."""

import numpy as np
from scipy.special import expit

from edgeft.tasks.multi_label.metrics import log_sigmoid
from edgeft.tasks.text_classification.calibration import FEWEST, error_of, least, lowest


def temperature(truth: np.ndarray, logits: np.ndarray) -> float:
    """What to divide logits (rows, labels) by, for the probability of each label to fit `truth`.

    The temperature of the smallest binary cross-entropy over all labels of these rows, 0 and 1
    (rows, labels) or NaN where there is no answer; 1 for a few rows, and not below 1 for those with
    a few mistakes.
    """
    known = np.isfinite(truth) & np.isfinite(logits)
    if known.any(axis=1).sum() < FEWEST:
        return 1.0
    toward = np.where(truth > 0, logits, -logits)[known].astype(np.float64)
    bound = lowest(int((toward < 0).sum()))
    return least(lambda tempered: float(-log_sigmoid(toward / tempered).mean()), bound)


def calibration_error(truth: np.ndarray, logits: np.ndarray) -> float | None:
    """The expected calibration error of the probabilities of all labels of all rows.

    None without an answer.
    """
    known = np.isfinite(truth) & np.isfinite(logits)
    return error_of(expit(logits[known].astype(np.float64)), truth[known] > 0)
