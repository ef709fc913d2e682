"""Stratified, seeded splits that keep near-identical texts on one side."""

import numpy as np

from edgeft.data.likeness import Likeness


def hold_out(
    labels: np.ndarray, groups: np.ndarray, share: float, random: np.random.Generator
) -> np.ndarray:
    """Choose rows to hold out: a boolean array (rows,), whole groups, `share` of every label.

    `labels` and `groups` are integers (rows,); a group counts towards the label of its first row.
    No label loses all of its rows; one with a single group gives none.
    """
    _, first, members = np.unique(groups, return_index=True, return_inverse=True)
    sizes = np.bincount(members)
    group_labels = labels[first]
    order = random.permutation(len(first))
    order = order[np.argsort(group_labels[order], kind="stable")]
    bounds = np.flatnonzero(np.diff(group_labels[order])) + 1
    taken = np.zeros(len(first), bool)
    for candidates in np.split(order, bounds):
        taken[chosen(candidates, sizes[candidates], share)] = True
    # a label may stand in groups that counted towards others, and all of them may be taken
    kept = np.isin(labels, labels[~taken[members]])
    taken[members[~kept]] = False
    return taken[members]


def chosen(candidates: np.ndarray, sizes: np.ndarray, share: float) -> np.ndarray:
    """The groups of one label, in the order given, that together come nearest to `share` of it."""
    if len(candidates) < 2:
        return candidates[:0]
    wanted = max(1, round(share * int(sizes.sum())))
    left = wanted
    picked: list[int] = []
    for place, size in enumerate(sizes.tolist()):
        if size <= left and len(picked) < len(candidates) - 1:
            picked.append(place)
            left -= size
        if not left:
            break
    return candidates[picked or [int(np.argmin(sizes))]]


def divisible(labels: np.ndarray, likeness: Likeness) -> np.ndarray:
    """Groups (rows,) for `hold_out`: near-identical texts, or else identical ones.

    A label whose texts are all near-identical could not be held out otherwise.
    """
    stride = int(likeness.near.max()) + 1
    groups_of_label = np.bincount(np.unique(labels * stride + likeness.near) // stride)
    indivisible = groups_of_label[labels] == 1
    return np.where(indivisible, likeness.exact + stride, likeness.near)
