"""How well texts are found by their vectors, with bootstrap intervals over the texts that ask."""

from collections.abc import Iterator

import numpy as np

from edgeft.intervals import interval
from edgeft.tasks import Scores
from edgeft.tasks.sentence_embeddings.metrics import cosines, unit
from edgeft.tasks.supervised_embeddings.relations import PAIR, TEXT

AT_ONCE = 4_000_000
"""cosines in memory at a time"""
NEAREST = 10
"""texts that are looked at"""


def scored(found: dict[str, np.ndarray]) -> Scores:
    """Scores of what each metric is the mean of, (texts,) each; 0 where no text asks."""
    return Scores(
        n=len(next(iter(found.values()))),
        metrics={name: float(each.mean()) if len(each) else 0.0 for name, each in found.items()},
        intervals={name: interval(each) for name, each in found.items() if len(each) > 1},
    )


def by_rank(ranks: np.ndarray) -> dict[str, np.ndarray]:
    """What each metric of retrieval makes of ranks (texts,), of which 1 is the first."""
    return {
        "recall_at_1": (ranks <= 1).astype(np.float64),
        "recall_at_10": (ranks <= NEAREST).astype(np.float64),
        "mrr": 1.0 / ranks,
    }


def partner_ranks(truth: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows that have a partner, and the place at which the first of theirs is found, (texts,).

    For `truth` (rows, 3) of group, role and text, and vectors (rows, hidden): each is looked for
    among all different partners and negatives of the rows. Of a text that asks several times all
    partners are right, and it is not looked for itself. What lies as near as a partner comes before
    it.
    """
    group, role, text = truth.T
    known = group >= 0
    keys, places = np.unique(text[known & (role > TEXT)], return_index=True)
    candidates = unit(vectors[np.flatnonzero(known & (role > TEXT))[places]]).astype(np.float32)
    partner = np.flatnonzero(known & (role == PAIR))
    right = partners_of(group, text, np.flatnonzero(known & (role == TEXT)), partner)
    rows = np.asarray(sorted(right), np.int64)
    ranks = np.empty(len(rows), np.int64)
    for start, some in parts(rows, len(keys)):
        found = unit(vectors[some]).astype(np.float32) @ candidates.T  # (texts, candidates)
        for place, row in enumerate(some):
            own = np.searchsorted(keys, right[int(row)])
            best = found[place, own].max()
            found[place, own] = -np.inf
            found[place, keys == text[row]] = -np.inf
            ranks[start + place] = 1 + int((found[place] >= best).sum())
    return rows, ranks


def partners_of(
    group: np.ndarray, text: np.ndarray, asking: np.ndarray, partner: np.ndarray
) -> dict[int, np.ndarray]:
    """The texts that are right for each row that asks, by its number; rows without any are out."""
    of_group: dict[int, set[int]] = {}
    for row in partner:
        of_group.setdefault(int(group[row]), set()).add(int(text[row]))
    of_text: dict[int, set[int]] = {}
    for row in asking:
        of_text.setdefault(int(text[row]), set()).update(of_group.get(int(group[row]), ()))
    found = {int(row): of_text[int(text[row])] - {int(text[row])} for row in asking}
    return {row: np.asarray(sorted(each), np.int64) for row, each in found.items() if each}


def label_ranks(truth: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows whose label another row has, and the place of the nearest such one, (texts,).

    For `truth` (rows,), numbers of labels, and vectors (rows, hidden); all other rows are looked
    at, and what lies as near comes before it.
    """
    rows = asking_labels(truth)
    found = [first_of(same, near) for same, near in neighbours(truth, vectors, rows)]
    return rows, np.concatenate([np.empty(0, np.int64), *found])


def first_of(same: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The place among all, from 1 on, of the nearest that is the same; both (texts, rows)."""
    best = np.where(same, near, -np.inf).max(axis=1, keepdims=True)
    places: np.ndarray = 1 + ((near >= best) & ~same).sum(axis=1)
    return places


def neighbours(
    truth: np.ndarray, vectors: np.ndarray, rows: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of some rows at a time: which rows have their label, and how near each is, (texts, rows).

    A row is no neighbour of itself: it is infinitely far.
    """
    whole = unit(vectors).astype(np.float32)
    for _, some in parts(rows, len(truth)):
        near = whole[some] @ whole.T
        near[np.arange(len(some)), some] = -np.inf
        yield truth[some][:, None] == truth[None], near


def by_neighbours(truth: np.ndarray, vectors: np.ndarray) -> dict[str, np.ndarray]:
    """What each metric of labels is the mean of, (texts,) each; see `label_ranks`.

    `precision_at_10` is the share of the ten nearest texts, or of all others where they are fewer,
    that have the label.
    """
    most = max(1, min(NEAREST, len(truth) - 1))
    ranks, shares = [np.empty(0, np.int64)], [np.empty(0)]
    for same, near in neighbours(truth, vectors, asking_labels(truth)):
        ranks.append(first_of(same, near))
        nearest = np.argpartition(-near, most - 1, axis=1)[:, :most]
        shares.append(np.take_along_axis(same, nearest, axis=1).mean(axis=1))
    found = np.concatenate(ranks)
    return {
        "recall_at_1": (found <= 1).astype(np.float64),
        "precision_at_10": np.concatenate(shares),
        "mrr": 1.0 / found,
    }


def asking_labels(truth: np.ndarray) -> np.ndarray:
    """The rows whose label, by its number in `truth` (rows,), another row has."""
    _, place, counts = np.unique(truth, return_inverse=True, return_counts=True)
    return np.flatnonzero((truth >= 0) & (counts[place] > 1))


def cosines_and_scores(truth: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cosines of pairs of rows and the scores that they have, both (pairs,).

    `truth` (rows, 3) says group, role and score; rows whose other text is missing are left out.
    """
    group, role, score = truth.T
    first = np.flatnonzero((group >= 0) & (role == TEXT))
    second = np.flatnonzero((group >= 0) & (role == PAIR))
    _, one, other = np.intersect1d(group[first], group[second], return_indices=True)
    rows = first[one]
    return cosines(vectors[rows], vectors[second[other]]), score[rows]


def parts(rows: np.ndarray, width: int) -> list[tuple[int, np.ndarray]]:
    """Rows in parts whose cosines with `width` others fit in memory, each with its first place."""
    size = max(1, AT_ONCE // max(1, width))
    return [(start, rows[start : start + size]) for start in range(0, len(rows), size)]
