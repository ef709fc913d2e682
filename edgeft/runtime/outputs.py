"""What a model says of rows: one answer each, or one for each of a row's items, such as words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Outputs:
    """The logits of rows, in their order."""

    values: np.ndarray
    """float32 (rows, labels), or (items, labels) of all rows' items, one row after another"""
    starts: np.ndarray | None = None
    """where each row's items begin, and the end of the last, int64 (rows + 1,); None where a row
    is one item"""
    spans: np.ndarray | None = None
    """first and last-plus-one character of each item in its row's text, int32 (items, 2)"""

    def __len__(self) -> int:
        return len(self.values) if self.starts is None else len(self.starts) - 1

    def columns(self, places: Sequence[int]) -> Self:
        """The outputs with these columns of theirs, in this order; a vector has none, and stays."""
        if not places:
            return self
        return replace(self, values=self.values[:, list(places)])

    def spread(self, places: Sequence[int], width: int) -> Self:
        """The outputs with each column at its place among `width`; minus infinity elsewhere.

        A vector has no columns, and stays.
        """
        if not places:
            return self
        values = np.full((len(self.values), width), -np.inf, dtype=np.float32)
        values[:, list(places)] = self.values
        return replace(self, values=values)

    def rows(self, chosen: np.ndarray) -> Self:
        """The outputs of some rows, by their numbers."""
        if self.starts is None:
            return replace(self, values=self.values[chosen])
        items = items_of(self.starts, chosen)
        lengths = np.diff(self.starts)[chosen]
        return replace(
            self,
            values=self.values[items],
            starts=np.concatenate([[0], np.cumsum(lengths)]),
            spans=None if self.spans is None else self.spans[items],
        )


def items_of(starts: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The numbers of all items of some rows, one row after another: int64 (items,).

    `starts` (rows + 1,) says where each row's begin, and where those of the last end.
    """
    lengths = np.diff(starts)[rows]
    firsts = np.repeat(starts[rows] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    found: np.ndarray = np.arange(int(lengths.sum())) + firsts
    return found
