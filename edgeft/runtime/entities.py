"""From labels of units to labelled parts of texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

OUTSIDE = "O"
"""the label of a unit that is part of nothing"""


@dataclass(frozen=True, slots=True)
class Entity:
    """A labelled part of a text: `text` is the original's [start:end]."""

    label: str
    """its type, such as person"""
    text: str
    start: int
    """its first character"""
    end: int
    """its last character plus one"""
    score: float
    """how probable the model holds it, the mean of its units: between 0 and 1"""


@dataclass(frozen=True)
class Runs:
    """Units that are one entity together: one entry an entity, in the order of rows and texts."""

    rows: np.ndarray
    firsts: np.ndarray
    lasts: np.ndarray
    """its last unit plus one"""
    kinds: np.ndarray
    """its place in `types_of`"""
    legal: np.ndarray
    """whether it begins with a B-"""


def types_of(names: Sequence[str]) -> list[str]:
    """The types that labels name, in their order."""
    return list(dict.fromkeys(split(name)[1] for name in names if name != OUTSIDE))


def split(name: str) -> tuple[str, str]:
    """What a label says: begin or inside (B or I), and of which type; one without is inside."""
    return (name[0], name[2:]) if name[:2] in ("B-", "I-") else ("I", name)


def runs(tags: np.ndarray, starts: np.ndarray, names: Sequence[str]) -> Runs:
    """The entities of units with the labels `names[tags]`, (units,), a row's at starts[row].

    An entity begins at a B-, and at an I- that does not go on with its type; it ends before the
    next beginning, another type or O. That is how seqeval reads tags by default.
    """
    types = types_of(names)
    kind_of = np.asarray([types.index(split(n)[1]) if n != OUTSIDE else -1 for n in names])
    begins_of = np.asarray([n != OUTSIDE and split(n)[0] == "B" for n in names], dtype=bool)
    kinds = kind_of[tags]
    begins = begins_of[tags]
    before = np.concatenate([[-1], kinds[:-1]]) if len(kinds) else kinds
    firsts_of_rows = starts[:-1][np.diff(starts) > 0]
    before[firsts_of_rows] = -1
    begin = (kinds >= 0) & (begins | (before != kinds))
    goes_on = (kinds >= 0) & ~begin
    ends = (kinds >= 0) & ~np.concatenate([goes_on[1:], [False]]) if len(kinds) else goes_on
    firsts = np.flatnonzero(begin)
    return Runs(
        np.searchsorted(starts, firsts, side="right") - 1,
        firsts,
        np.flatnonzero(ends) + 1,
        kinds[firsts],
        begins[firsts],
    )
