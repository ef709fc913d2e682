"""From which score on a text has an answer: what gives most F1 on validation rows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edgeft.runtime.excerpts import best_of
from edgeft.runtime.outputs import Outputs
from edgeft.tasks.question_answering.metrics import f1, right_of
from edgeft.tasks.question_answering.units import by_text

FEWEST = 5
"""rows with an answer, and without one, for a threshold to be more than chance"""
NEVER = -1000.0
"""what no answer is moved by where there always is one; large for a logit, small for a float32"""


def thresholds(truth: np.ndarray, outputs: Outputs) -> list[float]:
    """How far start and end of an answer must lie above those of no answer, for most F1.

    Empty where each of these rows, `truth` (rows,), has an answer. Otherwise both are half of the
    score from which on answering is better than not (Rajpurkar, Jia and Liang 2018, section 4);
    between two neighbouring scores the middle is taken, and 0 where there are few rows.
    """
    empty = np.asarray([not row.spans for row in truth], dtype=bool)
    if not empty.any():
        return []
    if min(empty.sum(), (~empty).sum()) < FEWEST:
        return [0.0, 0.0]
    found = [best_of(values, spans) for values, spans in by_text(outputs)]
    scores = np.asarray([best.score for best in found])
    gains = np.asarray(
        [right_of(f1, row, (best.start, best.end)) for row, best in zip(truth, found, strict=True)]
    ) - right_of_none(empty)
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    total = np.concatenate([[0.0], np.cumsum(gains[order])])  # of answering the first so many
    same = np.concatenate([[False], falling[:-1] == falling[1:], [False]])
    most = int(np.where(same, -np.inf, total).argmax())
    above = falling[most - 1] if most else falling[0] + 1
    below = falling[most] if most < len(falling) else falling[-1] - 1
    return [round(float(np.nan_to_num(above + below, neginf=-1.0)) / 4, 4)] * 2


def right_of_none(empty: np.ndarray) -> np.ndarray:
    """What it counts to give no answer to rows, which is right where they have none."""
    return empty.astype(np.float64)


def decided(outputs: Outputs, found: Sequence[float]) -> Outputs:
    """The outputs with the logits of no answer moved: an answer is one that scores above it."""
    if outputs.spans is None:
        raise ValueError("these outputs are of whole texts")
    values = outputs.values.copy()
    values[outputs.spans[:, 1] == 0] += np.asarray(found or [NEVER, NEVER], dtype=np.float32)
    return replace(outputs, values=values)
