"""Rows that are each label to some share, as a teacher says, beside rows that are of one label."""

from collections.abc import Sequence

import datasets
import numpy as np
import torch
from torch.nn import functional

from edgeft.data.rows import label_indices
from edgeft.errors import DataError
from edgeft.tasks import UNLABELLED
from edgeft.training.batches import Extras
from edgeft.training.trainer import Loss

COLUMN = "soft"
SHARES, SOFT = "shares", "soft"
"""of a batch: what its rows are (batch, labels), and whether that is said of a row, (batch,)"""


def soft_extras(
    rows: datasets.Dataset, labels: Sequence[str], said_of: Sequence[str] | None = None
) -> Extras | None:
    """What a batch of row numbers gets besides its texts: `shares` and `soft`; None without any.

    Shares are of `labels`; the rows' column `soft` has those of the labels `said_of`, by default
    the same. Raises DataError where it has another number of them.
    """
    said_of = labels if said_of is None else said_of
    if COLUMN not in rows.column_names:
        return None
    column = rows.select_columns([COLUMN]).with_format("arrow")[:][COLUMN].combine_chunks()
    if column.null_count == len(column):
        return None
    firsts, ends = column.offsets.to_numpy()[:-1], column.offsets.to_numpy()[1:]
    values, known = column.values.to_numpy(), column.is_valid().to_numpy(zero_copy_only=False)
    if (odd := (ends - firsts)[known] != len(said_of)).any():
        row = int(np.flatnonzero(known)[odd.argmax()])
        raise DataError(
            f"training row {row} has {ends[row] - firsts[row]} soft labels, and there are"
            f" {len(said_of)} labels",
            hint="run the augment step that wrote them again, on these data",
        )
    places = np.asarray([list(labels).index(label) for label in said_of])

    def extras(numbers: np.ndarray) -> dict[str, torch.Tensor]:
        soft = known[numbers]
        found = np.zeros((len(numbers), len(labels)), np.float32)
        own = firsts[numbers[soft]][:, None] + np.arange(len(said_of))
        found[np.ix_(np.flatnonzero(soft), places)] = values[own]
        return {SHARES: torch.from_numpy(found), SOFT: torch.from_numpy(soft)}

    return extras


def shares_of(rows: datasets.Dataset, labels: Sequence[str]) -> np.ndarray:
    """What rows are, float32 (rows, labels): what their column `soft` says, or else their label."""
    found: np.ndarray = np.eye(len(labels), dtype=np.float32)[label_indices(rows, labels)]
    if extras := soft_extras(rows, labels):
        said = extras(np.arange(len(rows)))
        found[said[SOFT].numpy()] = said[SHARES][said[SOFT]].numpy()
    return found


def soft_cross_entropy(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The mean over a batch of -w sum q log p, for logits and shares q (batch, labels).

    w is the weight of a row, 1 for one that has none.
    """
    losses = functional.cross_entropy(logits, batch[SHARES], reduction="none")
    return (losses * batch.get("weights", torch.ones_like(losses))).mean()


def with_shares(loss: Loss) -> Loss:
    """A loss on labels that asks rows with shares for these, and the others as ever.

    The mean over all rows of the batch; where none has shares it is `loss` itself.
    """

    def both(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        soft = batch.get(SOFT)
        if soft is None or not soft.any():
            return loss(logits, batch)
        part = {
            name: batch[name][soft].to(logits.device)
            for name in (SHARES, "weights")
            if name in batch
        }
        found = soft_cross_entropy(logits[soft].float(), part) * soft.sum()
        if not soft.all():
            labels = batch["labels"].masked_fill(soft, UNLABELLED)
            found = found + loss(logits, {**batch, "labels": labels}) * (~soft).sum()
        return found / len(soft)

    return both
