"""From spans to the labels of a model, and to what it is scored against."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from edgeft.errors import DataError
from edgeft.runtime.entities import OUTSIDE, parts_of, types_of
from edgeft.tasks import UNLABELLED
from edgeft.tasks.spans import read


def tag_names(answers: Iterable[str]) -> list[str]:
    """The labels of a model for all types of the answers: O, then B- and I- of each, sorted."""
    types = sorted({span.type for answer in answers for span in read(answer)})
    return [OUTSIDE, *(f"{part}-{each}" for each in types for part in "BI")]


def check_names(names: list[str]) -> None:
    """Raise DataError for labels that leave nothing to find."""
    if names == [OUTSIDE]:
        raise DataError(
            "no row has an entity", hint="check the column of tags or spans: there are none in it"
        )


def unknown_type(answer: str, names: list[str]) -> str | None:
    """The first type of an answer that no label names; None where all are named."""
    known = set(types_of(names))
    return next((span.type for span in read(answer) if span.type not in known), None)


def rarest_types(answers: Sequence[str | None], names: list[str]) -> np.ndarray:
    """A number for each row, int64 (rows,): that of its rarest type, the last for a row of none."""
    types = types_of(names)
    rows = [set() if answer is None else {span.type for span in read(answer)} for answer in answers]
    often = Counter(each for row in rows for each in row)
    place = {each: number for number, each in enumerate(types)}
    return np.asarray(
        [min((often[each], place[each]) for each in row)[1] if row else len(types) for row in rows],
        np.int64,
    )


def type_counts(answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
    """How many entities of each type there are; empty where no row has an answer."""
    known = [answer for answer in answers if answer is not None]
    often = Counter(span.type for answer in known for span in read(answer))
    return {each: often[each] for each in types_of(names)} if known else {}


def truth(answers: Sequence[str | None], names: list[str]) -> np.ndarray:
    """The spans of each row, a tuple or (without an answer) None: objects (rows,).

    Raises DataError for a type that no label names.
    """
    found = np.empty(len(answers), dtype=object)
    for row, answer in enumerate(answers):
        if answer is None:
            continue
        if (kind := unknown_type(answer, names)) is not None:
            raise DataError(
                f"row {row} has the type {kind!r}, which is not among the {len(types_of(names))}"
                " types known",
                hint=f"known: {', '.join(types_of(names)[:10])}",
            )
        found[row] = tuple(read(answer))
    return found


def tags_of(answer: str | None, units: np.ndarray, names: list[str]) -> np.ndarray:
    """The place in `names` of each unit's label, int64 (units,), for units' characters (units, 2).

    A unit that an entity holds a part of is the entity's; of two, that which holds more of it.
    Where `names` say which unit ends an entity, its last one does, and a single one is both.
    """
    if answer is None:
        return np.full(len(units), UNLABELLED, dtype=np.int64)
    place = {part: number for number, part in enumerate(parts_of(names))}
    found = np.full(len(units), place["", ""], dtype=np.int64)
    held = np.zeros(len(units), dtype=np.int64)  # characters of a unit that its entity holds
    for start, end, kind in read(answer):
        shared = np.minimum(units[:, 1], end) - np.maximum(units[:, 0], start)
        own = np.flatnonzero(shared > held)
        inside = place["I", kind]
        begin = place.get(("B", kind), inside)
        found[own] = inside
        found[own[-1:]] = place.get(("E", kind), inside)
        found[own[:1]] = begin
        if len(own) == 1:
            found[own] = place.get(("S", kind), begin)
        held[own] = shared[own]
    return found
