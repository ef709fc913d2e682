"""Stratified, seeded splits that keep near-identical texts on one side."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from edgeft.data.likeness import Likeness
from edgeft.tasks import Task


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

    A label whose texts are all near-identical, but not identical, could not be held out otherwise.
    Rows of other labels that are near-identical to it are divided with it: identical texts stay
    together, whatever their labels.
    """
    dividing = (groups_of(labels, likeness.near) == 1) & (groups_of(labels, likeness.exact) > 1)
    divided = np.isin(likeness.near, likeness.near[dividing[labels]])
    stride = int(likeness.near.max()) + 1
    return np.where(divided, likeness.exact + stride, likeness.near)


def groups_of(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """In how many of the groups (rows,) each label stands, (labels,)."""
    stride = int(groups.max()) + 1
    return np.bincount(np.unique(labels * stride + groups) // stride)


def rows_together(tables: Sequence[pa.Table], task: Task) -> np.ndarray | None:
    """Numbers (rows,) of what no split parts, over all tables; None where rows stand alone."""
    found = [task.together(each["label"].to_pylist()) for each in tables]
    if all(each is None for each in found):
        return None
    start = 0
    numbers = []
    for each, table in zip(found, tables, strict=True):
        _, own = np.unique(np.arange(len(table)) if each is None else each, return_inverse=True)
        numbers.append(own + start)
        start += len(table)
    return np.concatenate(numbers)


def united(likeness: Likeness, together: np.ndarray) -> Likeness:
    """The likeness of rows that are to stay together, each taken as alike to the others.

    `together` (rows,) has equal numbers for rows of one group. Groups are alike where their first
    texts are, or their first two in either order: a further text that many groups share, such as
    the answer to many questions, makes none alike.
    """
    return Likeness(*(joined(each, together) for each in (likeness.exact, likeness.near)))


def joined(alike: np.ndarray, together: np.ndarray) -> np.ndarray:
    """Numbers (rows,) of groups that are one by what their first texts are alike to, (rows,)."""
    order = np.argsort(together, kind="stable")
    _, first, counts = np.unique(together[order], return_index=True, return_counts=True)
    one = alike[order[first]]
    other = np.where(counts > 1, alike[order[np.minimum(first + 1, len(order) - 1)]], one)
    both = np.sort(np.stack([one, other]), axis=0)
    pairs = np.unique(both, axis=1, return_inverse=True)[1].reshape(-1)
    groups = np.arange(len(first))
    texts = np.unique(one, return_inverse=True)[1]
    # groups, then first texts, then pairs of texts, as places of one graph
    ends = np.concatenate([len(first) + texts, 2 * len(first) + pairs])
    edges = (np.ones(2 * len(first)), (np.tile(groups, 2), ends))
    graph = coo_matrix(edges, shape=(3 * len(first), 3 * len(first)))
    found = connected_components(graph, directed=False)[1][: len(first)]
    of_rows = np.empty(len(together), np.int64)
    of_rows[order] = np.repeat(found, counts)
    return of_rows
