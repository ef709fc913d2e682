"""From labels of units to labelled parts of texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

OUTSIDE = "O"
"""the label of a unit that is part of nothing"""


FURTHER = {"M": "I", "E": "E", "L": "E", "S": "S", "U": "S"}
"""what prefixes beside B and I mean: inside, end, single"""


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
    """whether it begins with a B- or S-"""


@dataclass(frozen=True)
class Scheme:
    """What each label says of a unit: one entry a label."""

    kinds: np.ndarray
    """its type's place in `types_of`, -1 of the label outside"""
    begins: np.ndarray
    ends: np.ndarray


def types_of(names: Sequence[str]) -> list[str]:
    """The types that labels name, in their order."""
    return list(dict.fromkeys(kind for part, kind in parts_of(names) if part))


def parts_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """What each label says: begin, inside, end or single (B, I, E or S), and of which type.

    One without a prefix is inside. M, L and U are I, E and S in other words. These and E and S are
    prefixes only where a B- has the same type: else they are part of a name, such as E-mail. Of the
    label outside both are empty.
    """
    begun = {name[2:] for name in names if name.startswith("B-")}
    found = []
    for name in names:
        prefix, kind = name[:1], name[2:]
        if name == OUTSIDE:
            found.append(("", ""))
        elif name[:2] in ("B-", "I-"):
            found.append((prefix, kind))
        elif name[1:2] == "-" and prefix in FURTHER and kind in begun:
            found.append((FURTHER[prefix], kind))
        else:
            found.append(("I", name))
    return found


def runs(tags: np.ndarray, starts: np.ndarray, names: Sequence[str]) -> Runs:
    """The entities of units with the labels `names[tags]`, (units,), a row's at starts[row].

    An entity begins at a B- or S-, and at an I- or E- that does not go on with its type; it ends
    with an E- or S-, and before the next beginning, another type or O. That is how seqeval reads
    tags by default.
    """
    scheme = scheme_of(tuple(names))
    inside = (scheme.kinds[tags] >= 0).nonzero()[0]  # few of them, in most texts none
    if not len(inside):
        return Runs(inside, inside, inside, inside, inside > 0)
    own = tags[inside]
    rows = np.searchsorted(starts, inside, side="right") - 1
    kinds, begins = scheme.kinds[own], scheme.begins[own]
    begin = begins.copy()
    begin[0] = True
    begin[1:] |= (
        scheme.ends[own[:-1]]
        | (kinds[1:] != kinds[:-1])
        | (inside[1:] - inside[:-1] > 1)
        | (rows[1:] != rows[:-1])
    )
    first = begin.nonzero()[0]
    last = np.append(first, len(inside))[1:] - 1
    return Runs(rows[first], inside[first], inside[last] + 1, kinds[first], begins[first])


@lru_cache(maxsize=64)
def scheme_of(names: tuple[str, ...]) -> Scheme:
    """What labels of these names say; the same arrays for the same names."""
    types, said = types_of(names), parts_of(names)
    return Scheme(
        np.asarray([types.index(kind) if part else -1 for part, kind in said], dtype=np.int64),
        np.asarray([part in ("B", "S") for part, _ in said], dtype=bool),
        np.asarray([part in ("E", "S") for part, _ in said], dtype=bool),
    )
