"""The transfer set: the texts on which a student learns to answer as its teacher does."""

import datasets
import numpy as np
import pyarrow.compute as pc

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split


def transfer_rows(data: Dataset, *, copies: bool, unlabelled: bool) -> datasets.Dataset:
    """The training rows, with their augmented copies and with the unlabelled pool if wanted.

    A row of the pool has None for its label.
    """
    rows = open_split(data, "train")
    if not copies:
        rows = rows.select(np.flatnonzero(~is_copy(rows)))
    if unlabelled and "unlabelled" in data.splits:
        rows = datasets.concatenate_datasets([rows, open_split(data, "unlabelled")])
    return rows


def counts(rows: datasets.Dataset) -> dict[str, int]:
    """How many rows of a transfer set are labelled originals, copies, and without a label."""
    copy = is_copy(rows)
    labelled = valid(rows, "label")
    return {
        "labelled": int((labelled & ~copy).sum()),
        "copies": int(copy.sum()),
        "unlabelled": int((~labelled & ~copy).sum()),
    }


def is_copy(rows: datasets.Dataset) -> np.ndarray:
    """Whether each row is an augmented copy of another, bool (rows,)."""
    return valid(rows, "parent")


def valid(rows: datasets.Dataset, column: str) -> np.ndarray:
    """Where a column has a value, bool (rows,)."""
    values = rows.select_columns([column]).with_format("arrow")[:][column]
    return np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), dtype=bool)
