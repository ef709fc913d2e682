"""Batches by length: rows that are computed together are about equally long.

A batch is as wide as its longest row, so a long text among short ones makes all of them cost as
much. Sorted by length there is next to no padding; the caller puts results back in order.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

ROWS = 32
"""most texts of a batch where nobody says how many"""
TOKENS = 2048
"""most tokens of a batch, padding included"""
SHARE = 0.8
"""a row of a batch has at least this share of its longest row's tokens; padding costs as much as
text, and one more small batch costs less than the padding (Banking77, 32 texts: half the time)"""
SLACK = 2
"""tokens that a row may be shorter in any case, so that very short texts share batches"""
TEXTS = 8192
"""most texts of a window: what is sorted together, and what a stream holds at a time"""
CHARACTERS = 16_000_000
"""most characters of a window"""


def batches(lengths: Sequence[int], rows: int, tokens: int = TOKENS) -> list[np.ndarray]:
    """Split texts of `lengths` tokens into batches of their indices, longest first.

    A batch has at most `rows` rows, none much shorter than the longest, and at most `tokens`
    tokens once its rows are padded to it, unless one row alone has more.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    falling = np.asarray(lengths, dtype=np.int64)[order]
    found = []
    start = 0
    while start < len(order):
        longest = max(1, int(falling[start]))
        least = min(longest - SLACK, SHARE * longest)
        alike = int(np.searchsorted(-falling[start:], -least, side="right"))
        size = min(rows, max(1, tokens // longest), max(1, alike))
        found.append(order[start : start + size])
        start += size
    return found


def windows(
    texts: Iterable[Any], most: int = TEXTS, characters: int = CHARACTERS
) -> Iterator[list[Any]]:
    """Cut an iterable of any length into lists that fit in memory, in the given order."""
    window: list[Any] = []
    held = 0
    for text in texts:
        window.append(text)
        held += characters_of(text)
        if len(window) == most or held >= characters:
            yield window
            window, held = [], 0
    if window:
        yield window


def characters_of(given: Any) -> int:
    """The characters of a text, or of all texts in a pair; what is no text has none."""
    parts = given if isinstance(given, tuple | list) else (given,)
    return sum(len(part) for part in parts if isinstance(part, str))
