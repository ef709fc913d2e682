"""How readily parts are found: the bar for the label outside that gives most F1 on validation."""

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from edgeft.intervals import resampled
from edgeft.runtime.deciding import lowered
from edgeft.runtime.entities import OUTSIDE
from edgeft.runtime.outputs import Outputs
from edgeft.tasks.token_classification.metrics import counted, metrics

FEWEST = 50
"""rows with parts, for a bar to be more than chance"""
STEPS = np.arange(-2.0, 2.01, 0.25)
"""what may be taken off the logit of the label outside"""
AROUND = 5
"""neighbouring steps whose mean F1 counts: a single one may be luck"""
GROUPS = 1000
"""groups of rows that are drawn together, at most: of many rows they take less memory"""


def thresholds(truth: np.ndarray, outputs: Outputs, names: list[str]) -> list[float]:
    """What to take off each label's logit, for more F1 on rows with true parts, `truth` (rows,).

    Only that of the label outside moves: down to find more parts, up for fewer false ones. A model
    weighs each unit for itself and F1 whole parts, so that the best bar is seldom where training
    leaves it (Lipton et al. 2014 say so of labels). It moves no further than to where F1 is within
    one standard error of the best, which the best itself may be by luck (Breiman et al. 1984).
    Nothing where few rows have parts, where no label stands outside, and where F1 is no more.
    """
    if OUTSIDE not in names or sum(bool(row) for row in truth) < FEWEST:
        return []
    outside = np.asarray([float(name == OUTSIDE) for name in names])
    groups = np.arange(len(truth)) % GROUPS
    counts = np.stack(
        [summed(counts_of(truth, outputs, step * outside, names), groups) for step in STEPS], axis=1
    )
    whole = curves(counts.sum(axis=0)[None])[0]
    found = smoothed(whole[None])[0]
    drawn = smoothed(curves(resampled(counts)))
    best = int(found.argmax())
    errors = (drawn[:, best, None] - drawn).std(axis=0)
    half = STEPS[best] / 2
    on_the_way = np.abs(STEPS - half) <= abs(half)
    near = np.flatnonzero(on_the_way & (found[best] - found <= errors))
    chosen = near[np.abs(STEPS[near]).argmin()]
    if whole[chosen] <= whole[STEPS == 0]:
        return []
    return [float(STEPS[chosen]) if name == OUTSIDE else 0.0 for name in names]


def summed(counts: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The sums of counts (rows, ...) by the group of each row, (groups, ...)."""
    sums = np.zeros((groups.max() + 1, *counts.shape[1:]), counts.dtype)
    np.add.at(sums, groups, counts)
    return sums


def curves(counts: np.ndarray) -> np.ndarray:
    """F1 at each step (..., steps) of what is counted at it, (..., steps, 5, types)."""
    flat = counts.reshape(-1, *counts.shape[2:])
    return metrics(flat)["f1"].reshape(counts.shape[:2])


def smoothed(found: np.ndarray) -> np.ndarray:
    """Figures (..., steps) as the mean of those around each step."""
    padded = np.pad(found, ((0, 0), (AROUND // 2, AROUND // 2)), mode="edge")
    means: np.ndarray = sliding_window_view(padded, AROUND, axis=1).mean(axis=-1)
    return means


def counts_of(
    truth: np.ndarray, outputs: Outputs, taken: np.ndarray, names: list[str]
) -> np.ndarray:
    """What is counted of rows with `truth` (rows,), with `taken` (labels,) off their logits."""
    without = replace(outputs, values=lowered(outputs.values, taken.tolist()))
    return counted(truth, without, names)
