"""How readily parts are found: the bar for the label outside that gives most F1 on validation."""

from dataclasses import replace

import numpy as np

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


def thresholds(truth: np.ndarray, outputs: Outputs, names: list[str]) -> list[float]:
    """What to take off each label's logit, for most F1 on rows with true parts, `truth` (rows,).

    Only that of the label outside moves: down to find more parts, up for fewer false ones. A model
    weighs each unit for itself and F1 whole parts, so that the best bar is seldom where training
    leaves it (Lipton et al. 2014 say so of labels). Nothing where few rows have parts, where no
    label stands outside, and where no step gains anything.
    """
    if OUTSIDE not in names or sum(bool(row) for row in truth) < FEWEST:
        return []
    outside = np.asarray([float(name == OUTSIDE) for name in names])
    found = np.asarray([f1_of(truth, outputs, step * outside, names) for step in STEPS])
    padded = np.pad(found, AROUND // 2, mode="edge")
    smooth = np.convolve(padded, np.full(AROUND, 1 / AROUND), mode="valid")
    best, still = int(smooth.argmax()), int(np.abs(STEPS).argmin())
    if found[best] <= found[still] or smooth[best] <= smooth[still]:
        return []
    return [float(STEPS[best]) if name == OUTSIDE else 0.0 for name in names]


def f1_of(truth: np.ndarray, outputs: Outputs, taken: np.ndarray, names: list[str]) -> float:
    """F1 of all parts of rows with `truth` (rows,), with `taken` (labels,) off their logits."""
    without = replace(outputs, values=lowered(outputs.values, taken.tolist()))
    return float(metrics(counted(truth, without, names).sum(axis=0)[None])["f1"][0])
