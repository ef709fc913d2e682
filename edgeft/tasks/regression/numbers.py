"""Numbers that texts answer with: read from whatever holds one, written so that nothing is lost."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeft.errors import DataError

LARGEST = 1e15
"""a score whose square, and the sum of many, float32 holds"""
BINS = 10
"""groups of neighbouring numbers of which a split takes its share each"""


def write(value: Any) -> str:
    """A number as the dataset holds it; raises DataError, without a place, for what is none."""
    try:
        unread = isinstance(value, bool) or value is None or "_" in str(value)  # as in 1_000
        number = math.nan if unread else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise DataError(
            f"the score is {value!r:.60}, not a number",
            hint="write a number with a decimal point, or map another column:"
            " `columns: {label: ...}`",
        )
    if abs(number) > LARGEST:
        raise DataError(
            f"the score is {number:.6g}, too large to learn: its square has no place in 32 bits",
            hint=f"give all scores in a larger unit, such as millions; up to {LARGEST:.0e} will do",
        )
    return repr(number)


def check(answers: Sequence[str]) -> None:
    """Raise DataError where every row has the same number."""
    if len(answers) < 2:
        raise DataError(
            f"every row has the score {answers[0]}" if answers else "no row has a score",
            hint="a model needs different scores to learn from: check the label column",
        )


def values(answers: Sequence[str | None]) -> np.ndarray:
    """The numbers, float32 (rows,); NaN for rows without one."""
    return np.asarray([math.nan if each is None else float(each) for each in answers], np.float32)


def tenths(answers: Sequence[str | None]) -> np.ndarray:
    """Which tenth of all numbers each row's is in, int64 (rows,)."""
    numbers = values(answers)
    bounds = np.unique(np.nanquantile(numbers, np.linspace(0, 1, BINS + 1)[1:-1]))
    found: np.ndarray = np.digitize(numbers, bounds).astype(np.int64)
    return found
