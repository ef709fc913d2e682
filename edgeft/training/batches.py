"""Rows as token ids, and batches of them: flat arrays, no Python object a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from edgeft.runtime.outputs import Outputs, items_of
from edgeft.tasks import UNLABELLED

MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
"""what of a batch a model reads"""

Extras = Callable[[np.ndarray], dict[str, torch.Tensor]]


@dataclass(frozen=True)
class Units:
    """The parts of texts that a head for tokens is to answer: words, or single characters."""

    places: np.ndarray
    """the token of its row that speaks for each unit, its first, int32 (units,)"""
    starts: np.ndarray
    """where each row's units begin, and the end of the last, int64 (rows + 1,)"""
    spans: np.ndarray
    """first and last-plus-one character of each in its text, int32 (units, 2)"""


@dataclass(frozen=True)
class Encoded(torch.utils.data.Dataset[int]):
    """Rows as token ids, ready to be batched; an item is a row's number, see `Batches`."""

    ids: np.ndarray
    """the ids of all rows, one after another, int32 (tokens,)"""
    starts: np.ndarray
    """where each row begins in `ids`, and the end of the last, int64 (rows + 1,)"""
    labels: np.ndarray | None = None
    """what each row answers, (rows, ...), as its task's `truth` gives it; of a task of tokens label
    indices, int64 (tokens,), UNLABELLED where a token speaks for no unit"""
    weights: np.ndarray | None = None
    """how much each row counts, float32 (rows,); None where all count alike"""
    types: np.ndarray | None = None
    """which of two texts each token is of, uint8 (tokens,); None where there is one text"""
    units: Units | None = None
    """of a task of tokens"""
    mates: tuple[np.ndarray, int] | None = None
    """the group of each row, (rows,), and the most rows of one that a batch is to hold: see
    `Task.mates`"""
    firsts: np.ndarray | None = None
    """where texts may have several rows the first of each, and how many rows there are, int64
    (texts + 1,)"""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> int:
        return row

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int64 (rows,)."""
        return np.diff(self.starts)

    @property
    def parts(self) -> np.ndarray:
        """How many rows each text has, int64 (texts,)."""
        return np.ones(len(self), np.int64) if self.firsts is None else np.diff(self.firsts)

    def of_texts(self, outputs: Outputs) -> Outputs:
        """What is said of all rows, in their order, as that of the texts that they are of."""
        if self.firsts is None or outputs.starts is None:
            return outputs
        return replace(outputs, starts=outputs.starts[self.firsts])

    def outputs(self, logits: np.ndarray, rows: np.ndarray) -> Outputs:
        """What a model says of `rows`, by its logits (rows, labels) or (rows, tokens, labels)."""
        if self.units is None:
            return Outputs(logits)
        units = self.units
        counts = np.diff(units.starts)[rows]
        items = items_of(units.starts, rows)
        row_of = np.repeat(np.arange(len(rows)), counts)
        return Outputs(
            logits[row_of, units.places[items]],
            np.concatenate([[0], np.cumsum(counts)]),
            units.spans[items],
        )


@dataclass(frozen=True)
class Batches:
    """Makes a batch of tensors out of row numbers; rows with units are padded on the right."""

    encoded: Encoded
    pad_id: int
    padding_side: str = "right"
    extras: Extras | None = None
    views: int = 1
    """times that a batch holds its rows, one whole batch after the other: dropout differs"""

    def __call__(self, rows: Sequence[int] | np.ndarray) -> dict[str, torch.Tensor]:
        """Give input_ids and attention_mask (batch, longest), labels, rows (batch,) and the extras.

        `batch` counts the rows of all views. Labels are (batch, ...), or (batch, longest) of a task
        of tokens; rows are their numbers. Where rows count differently there are weights (batch,)
        too, and where texts come in pairs token_type_ids (batch, longest).
        """
        numbers = np.tile(np.asarray(rows), self.views)
        starts, ends = self.encoded.starts[numbers], self.encoded.starts[numbers + 1]
        lengths = ends - starts
        column = np.arange(max(1, int(lengths.max())))
        if self.padding_side == "left" and self.encoded.units is None:
            column = column - (len(column) - lengths)[:, None]
            mask = column >= 0
        else:
            mask = column < lengths[:, None]
        place = np.where(mask, starts[:, None] + column, 0)
        ids = np.where(mask, self.encoded.ids[place], self.pad_id)
        batch = {
            "input_ids": torch.from_numpy(ids.astype(np.int64)),
            "attention_mask": torch.from_numpy(mask.astype(np.int64)),
        }
        if self.encoded.types is not None:
            types = np.where(mask, self.encoded.types[place], 0)
            batch["token_type_ids"] = torch.from_numpy(types.astype(np.int64))
        if self.encoded.labels is not None:
            labels = self.encoded.labels
            if self.encoded.units is None:
                batch["labels"] = torch.from_numpy(labels[numbers])
            else:
                batch["labels"] = torch.from_numpy(np.where(mask, labels[place], UNLABELLED))
            batch["rows"] = torch.from_numpy(numbers)
        if self.encoded.weights is not None:
            batch["weights"] = torch.from_numpy(self.encoded.weights[numbers])
        if self.extras is not None:
            batch |= self.extras(numbers)
        return batch


def read(batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What of a batch a model reads."""
    return {name: batch[name] for name in MODEL_INPUTS if name in batch}
