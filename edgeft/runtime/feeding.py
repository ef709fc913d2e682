"""From rows of token ids to what a graph is fed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from edgeft.errors import BundleError
from edgeft.runtime.manifest import Manifest
from edgeft.runtime.units import Span

FIELDS = ("input_ids", "attention_mask", "token_type_ids")
"""the graph inputs that the runtime knows how to fill"""


@dataclass(slots=True)
class Row:
    """What a model reads of a text, or of two."""

    ids: list[int]
    """token ids, special ones included"""
    types: list[int] | None = None
    """which of two texts each token is of"""
    places: Sequence[int] = ()
    """tokens that speak for a unit of the text, where these are asked one by one"""
    spans: Sequence[Span] = ()
    """first and last-plus-one character of each unit"""


class Feeder:
    """Fills the inputs of one graph. Safe to use from many threads."""

    def __init__(self, inputs: Sequence[str], manifest: Manifest) -> None:
        """Raises BundleError where the graph wants an input that texts do not have."""
        for name in inputs:
            if name not in FIELDS:
                raise BundleError(
                    f"the graph wants an input {name!r}, the runtime knows {', '.join(FIELDS)}",
                    hint="upgrade edgeft, or export the model again",
                )
        self.inputs = tuple(inputs)
        self.pad = manifest.pad
        # one row of each, cut to length for every single text: (1, max_length)
        self.ones = np.ones((1, manifest.max_length), dtype=np.int64)
        self.zeros = np.zeros((1, manifest.max_length), dtype=np.int64)

    def feed(self, rows: Sequence[Row]) -> dict[str, np.ndarray]:
        """The graph's inputs for a batch of rows: int64 arrays (rows, longest row)."""
        found = self.one(rows[0]) if len(rows) == 1 else self.padded(rows)
        return {name: found[name] for name in self.inputs}

    def one(self, row: Row) -> dict[str, np.ndarray]:
        """The fields of a row alone, which needs no padding."""
        length = len(row.ids)
        return {
            "input_ids": np.array([row.ids], dtype=np.int64),
            "attention_mask": self.ones[:, :length],
            "token_type_ids": self.zeros[:, :length]
            if row.types is None
            else np.array([row.types], dtype=np.int64),
        }

    def padded(self, rows: Sequence[Row]) -> dict[str, np.ndarray]:
        """The fields of several rows that the graph has inputs for, filled up to the longest."""
        lengths = np.array([len(row.ids) for row in rows])
        width = int(lengths.max())
        places = np.arange(width)
        if self.pad.side == "right":
            mask = places < lengths[:, None]
        else:
            mask = places >= width - lengths[:, None]
        size = int(lengths.sum())
        ids = np.full((len(rows), width), self.pad.id, dtype=np.int64)
        ids[mask] = np.fromiter(chain.from_iterable(row.ids for row in rows), np.int64, size)
        found = {"input_ids": ids}
        if "attention_mask" in self.inputs:
            found["attention_mask"] = mask.astype(np.int64)
        if "token_type_ids" in self.inputs:
            types = np.where(mask, 0, self.pad.type_id)
            if rows[0].types is not None:
                told = chain.from_iterable(row.types or () for row in rows)
                types[mask] = np.fromiter(told, np.int64, size)
            found["token_type_ids"] = types
        return found
