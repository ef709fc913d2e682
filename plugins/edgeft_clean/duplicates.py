"""Texts that stand there twice: alike, nearly alike, with other labels, in another split."""

from collections.abc import Iterator

import numpy as np

from edgeft_clean.findings import Finding
from edgeft_clean.rows import Rows

ELSEWHERE = "of the same words at another place"
AGREE = 2 / 3
"""share of like texts whose label the others are proposed to take"""


def duplicates(rows: Rows) -> Iterator[Finding]:
    """Labelled training texts that are another one, character by character, with its label."""
    first: dict[tuple[int, str], int] = {}
    for place in rows.training:
        key = int(rows.likeness.exact[place]), rows.labels[place]
        earlier = first.setdefault(key, place)
        if earlier != place:
            yield Finding(
                rows.ids[place],
                "duplicate",
                "medium",
                f"the same text and label as row {rows.ids[earlier]}",
                action="drop",
                score=1.0,
            )


def near_duplicates(rows: Rows) -> Iterator[Finding]:
    """Labelled training texts that nearly are another one, with its label: worth a look."""
    first: dict[tuple[int, str], int] = {}
    for place in rows.training:
        key = int(rows.likeness.near[place]), rows.said[place]
        earlier = first.setdefault(key, place)
        if earlier != place and rows.likeness.exact[earlier] != rows.likeness.exact[place]:
            why = f"nearly row {rows.ids[earlier]}: {rows.excerpt(earlier)}"
            yield Finding(rows.ids[place], "near-duplicate", "low", why, score=0.5)


def contradictions(rows: Rows) -> Iterator[Finding]:
    """Like training texts with unlike labels; of one text, two thirds may outvote the rest.

    Nearly like texts may differ in the one word that decides: they are shown and kept. So are texts
    that answer with something else than one label: nobody can be outvoted about a number.
    """
    for groups, check_exact in ((rows.likeness.exact, True), (rows.likeness.near, False)):
        for members in grouped(groups, rows.training):
            given = rows.labels if check_exact else rows.said
            names, counts = np.unique([given[place] for place in members], return_counts=True)
            if len(names) < 2:
                continue
            if not check_exact and len(np.unique(rows.likeness.exact[members])) == 1:
                continue  # one text: said already
            yield from contradiction(rows, members, names, counts, check_exact)


def contradiction(
    rows: Rows, members: np.ndarray, names: np.ndarray, counts: np.ndarray, exact: bool
) -> Iterator[Finding]:
    """What is said of the members of one group."""
    winner = str(names[counts.argmax()])
    outvoted = counts.max() >= AGREE * counts.sum()
    for place in members:
        others = sorted({rows.said[each] for each in members} - {rows.said[place]}) or [ELSEWHERE]
        kind = "the same text" if exact else "nearly the same text"
        why = f"{kind} has the label {', '.join(others)} elsewhere"
        if not rows.one_label:
            why += f", and {rows.said[place]} here"
        row = rows.ids[place]
        if not exact or not rows.one_label:
            yield Finding(row, "contradiction", "medium", why, score=0.5 if not exact else 1.0)
        elif not outvoted:
            yield Finding(row, "contradiction", "high", why, action="drop", score=1.0)
        elif rows.labels[place] != winner:
            yield Finding(
                row, "contradiction", "high", why, action="relabel", new_label=winner, score=1.0
            )


def overlaps(rows: Rows) -> Iterator[Finding]:
    """Training texts that validation or test has too: what is measured there would flatter.

    So would test, if models were chosen by its texts: those of validation that test has are named.
    """
    likeness = rows.groups or rows.likeness

    def places(split: str) -> dict[int, int]:
        found = np.flatnonzero(rows.splits == split)
        return dict(zip(likeness.near[found].tolist(), found.tolist(), strict=True))

    test = places("test")
    held_out = places("validation") | test
    kept_from = {"train": held_out, "unlabelled": held_out, "validation": test}
    for place, split in enumerate(rows.splits):
        other = kept_from.get(split, {}).get(int(likeness.near[place]))
        if other is not None:
            same = likeness.exact[place] == likeness.exact[other]
            yield Finding(
                rows.ids[place],
                "overlap",
                "high",
                f"{'is' if same else 'is nearly'} row {rows.ids[other]}, of {rows.splits[other]}",
                action="drop",
                score=1.0 if same else 0.9,
            )


def grouped(groups: np.ndarray, places: np.ndarray) -> Iterator[np.ndarray]:
    """The places that share a group number, where there are two or more."""
    order = places[np.argsort(groups[places], kind="stable")]
    bounds = np.flatnonzero(np.diff(groups[order])) + 1
    yield from (each for each in np.split(order, bounds) if len(each) > 1)
