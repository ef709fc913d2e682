"""How right a head is with fewer of the labelled texts: whether more of them would help.

A learning curve over the number of labelled texts (Cortes et al. 1993, "Learning Curves: Asymptotic
Values and Rate of Convergence"): where it still rises at its end, more labels make a better model.
"""

import numpy as np

from edgeft.probing.heads import ENOUGH, FOLDS, folds
from edgeft.probing.probe import Probe

SHARES = (0.25, 0.5, 0.75)
"""of the texts of each label that heads are fitted on in turn, before all of them are"""
LEAST = 2
"""texts of a label that each share keeps, if there are so many"""


def by_labels(probe: Probe, seed: int) -> list[dict[str, float]]:
    """How often heads like that of a probe are right, by how many texts they were fitted on.

    `texts` is a mean over the folds that the probe was cross-validated on. The `accuracy` of each
    share is of all texts, answered by heads that had not seen them, and the last is the probe's
    own. What a share has, the next has too; shares that round to as many texts are one.
    """
    examples = probe.examples.some(seed)
    targets = examples.targets
    parts = folds(targets, seed, FOLDS if examples is probe.examples else ENOUGH)
    order = np.random.default_rng(seed).permutation(len(targets))
    found: dict[int, float] = {}
    for share in SHARES:
        texts = right = 0
        for train, held_out in parts:
            rows = first_of_each(order[np.isin(order, train)], targets, share)
            logits = examples.fitted(probe.strength, rows).logits(examples.vectors[held_out])
            right += int((logits.argmax(axis=1) == targets[held_out]).sum())
            texts += len(rows)
        found[round(texts / len(parts))] = right / len(targets)
    found[round(sum(len(train) for train, _ in parts) / len(parts))] = probe.cross_validated
    return [{"texts": texts, "accuracy": round(found[texts], 4)} for texts in sorted(found)]


def first_of_each(rows: np.ndarray, targets: np.ndarray, share: float) -> np.ndarray:
    """Of rows in some order the first of each label: a share of them, two if it has so many."""
    of_rows = targets[rows]
    by_label = [rows[of_rows == label] for label in np.unique(of_rows)]
    return np.concatenate([each[: max(LEAST, round(share * len(each)))] for each in by_label])
