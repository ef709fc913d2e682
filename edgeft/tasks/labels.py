"""The labels of texts: names, and their places in the list of all of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from edgeft.errors import DataError
from edgeft.tasks import UNLABELLED


def name_of(value: Any) -> str:
    """A label's name without the blanks around it; whole numbers and booleans are names too."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # how pandas writes a column of integers with gaps
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, int):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise DataError(
            f"the label is {value!r}, not a name",
            hint="write one label a row, or map another column: `columns: {label: ...}`",
        )
    if not value or value.isspace():
        raise DataError(
            "the label is empty",
            hint="fill it in, or move the text to a file named by `data: {unlabelled: ...}`",
        )
    found: str = value.strip()
    return found


def check_names(names: list[str]) -> None:
    """Raise DataError for a list of labels that leaves nothing to choose."""
    if len(names) < 2:
        raise DataError(
            f"every row has the label {names[0]!r}",
            hint="a classifier needs two labels or more: check the label column; one that"
            " is new alone is for continue_from",
        )


def indices(answers: Sequence[str | None], names: list[str]) -> np.ndarray:
    """The place in `names` of every label, int64 (rows,); UNLABELLED where a row has none.

    Raises DataError for a label that is not among them.
    """
    column = pa.array(answers, pa.string())
    found = pc.index_in(column, value_set=pa.array(names, pa.string()))
    unknown = pc.and_(pc.is_null(found), pc.is_valid(column))
    row = pc.index(unknown, True).as_py() if len(column) else -1
    if row >= 0:
        listed = f"{', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"
        raise DataError(
            f"row {row} has the label {column[row].as_py()!r}, which is not among the {len(names)}"
            " labels known",
            hint=f"known: {listed}",
        )
    return np.asarray(pc.fill_null(found.cast(pa.int64()), UNLABELLED), np.int64)


def counts(answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
    """How many rows each label has, in the order of `names`; empty where no row has one."""
    places = indices(answers, names)
    labelled = places[places != UNLABELLED]
    if not len(labelled):
        return {}
    found = np.bincount(labelled, minlength=len(names)).tolist()
    return dict(zip(names, found, strict=True))
