"""Which texts belong together, and what each is to the others: as answers, and as arrays.

An answer is the number of a source's row, what the text was there, and for pairs a hash of the
text, for scores the score: `17 text 3f2a9c0d11b4`, `17 pair 0.8`.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeft.errors import DataError
from edgeft.tasks import Task, Written

ROLES = ("text", "pair", "negative")
TEXT, PAIR, NEGATIVE = range(len(ROLES))
AT_ONCE = 4
"""texts of a label that a batch is to hold together"""


def of_pair(number: int, text: str, pair: str, negatives: Sequence[str]) -> list[Written]:
    """The rows of a text, of its partner, and of texts that it is not to lie near."""
    texts = [(TEXT, text), (PAIR, pair), *((NEGATIVE, each) for each in negatives if each)]
    return [(each, None, f"{number} {ROLES[role]} {key_of(each)}") for role, each in texts]


def of_scored(number: int, text: str, pair: str, score: str) -> list[Written]:
    """The rows of two texts, and how alike they are."""
    return [
        (each, None, f"{number} {ROLES[role]} {score}")
        for role, each in ((TEXT, text), (PAIR, pair))
    ]


def of_text(task: Task, value: Any) -> str:
    """A negative as a text; empty where there is none. Raises DataError for what is no text."""
    try:
        found = task.write_text(value)
    except DataError as error:
        raise DataError(
            f"the negative is {value!r:.60}, not a string",
            hint="write a text, a list of texts, or nothing",
        ) from error
    return "" if found.isspace() else found


def key_of(text: str) -> str:
    """A hash of a text, of 48 bits, in hex."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def score_of(answer: str) -> str:
    """The score that an answer holds."""
    return answer.rpartition(" ")[2]


def parts(answers: Sequence[str | None]) -> list[tuple[str, str, str] | None]:
    """Number, role and the rest of each answer; None where there is none."""
    found = [None if each is None else each.split(" ", 2) for each in answers]
    return [None if each is None else (each[0], each[1], each[2]) for each in found]


def groups(answers: Sequence[str | None]) -> np.ndarray:
    """The number of each row's source row, int64 (rows,); of rows without one numbers of their own.

    Those are greater than all others.
    """
    found = np.asarray([-1 if each is None else int(each[0]) for each in parts(answers)], np.int64)
    alone = found < 0
    found[alone] = found.max(initial=0) + 1 + np.arange(alone.sum())
    return found


def related(answers: Sequence[str | None]) -> np.ndarray:
    """Group, role and text's hash of each row, int64 (rows, 3); -1, -1, -1 where there is none."""
    found = [
        (-1, -1, -1) if each is None else (int(each[0]), ROLES.index(each[1]), int(each[2], 16))
        for each in parts(answers)
    ]
    return np.asarray(found, np.int64).reshape(-1, 3)


def scored(answers: Sequence[str | None]) -> np.ndarray:
    """Group, role and score of each row, float64 (rows, 3); -1, -1, 0 where there is none."""
    found = [
        (-1, -1, 0.0) if each is None else (int(each[0]), ROLES.index(each[1]), float(each[2]))
        for each in parts(answers)
    ]
    return np.asarray(found, np.float64).reshape(-1, 3)


def kinds(answers: Sequence[str | None]) -> np.ndarray:
    """Numbers of the rows' labels, equal for equal ones, int64 (rows,); -1 where there is none."""
    names = {name: place for place, name in enumerate(sorted({each for each in answers if each}))}
    return np.asarray([-1 if each is None else names[each] for each in answers], np.int64)
