"""Models that were trained on all parts of the labelled texts but one, to be asked about it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from pydantic import ValidationError

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.names import handed_on
from edgeft.data.rows import copy_split, is_copy, open_split, write_split
from edgeft.errors import PluginError
from edgeft.steps import Finetuner

Make = Callable[[Context], Finetuner[Any]]
"""a finetuner that writes where the context says"""


@contextmanager
def trained_without(
    part: tuple[np.ndarray, np.ndarray],
    make: Make,
    base: Path,
    data: Dataset,
    rows: datasets.Dataset,
    context: Context,
    *,
    name: str,
    validation: datasets.Dataset | None = None,
) -> Iterator[Checkpoint]:
    """A model that one part of `rows` was kept from, which is gone after the block.

    `part` are the places of the rows to train on, and of those to leave out. `name` is that of the
    part's directory in the step's scratch directory, its own, so that nothing is resumed from
    another. Weights are chosen on `validation`, or on what is left out where that is not given.
    """
    place = context.scratch / name
    train, held_out = part
    judged = rows.select(held_out) if validation is None else validation
    try:
        fold = fold_of(data, rows, train, judged, place / "data")
        yield make(context.at(place / "made", force=True)).run(base, fold)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def fold_of(
    data: Dataset,
    rows: datasets.Dataset,
    train: np.ndarray,
    validation: datasets.Dataset,
    out: Path,
) -> Dataset:
    """A dataset whose training rows are some of `rows` and their copies, with this validation.

    Texts without labels are those of `data`.
    """
    everything = open_split(data, "train")
    copies = everything.select(np.flatnonzero(is_copy(everything)))
    parents = np.asarray(rows["id"])[train]
    of_these = np.flatnonzero(np.isin(np.asarray(copies["parent"], dtype=np.int64), parents))
    with Dataset.create(out, force=True) as draft:
        parts = {
            "train": datasets.concatenate_datasets([rows.select(train), copies.select(of_these)]),
            "validation": validation,
        }
        for split, part in parts.items():
            draft.manifest.rows[split] = write_split(draft.path, split, part)
        if "unlabelled" in data.splits:
            draft.manifest.rows["unlabelled"] = copy_split(data, draft.path, "unlabelled")
        draft.manifest.task = data.task
        draft.manifest.labels = list(data.labels)
        draft.manifest.summary = handed_on(data.manifest.summary)
    return draft.artifact


def named_finetuner(
    name: str, values: dict[str, Any], context: Context, *, option: str
) -> tuple[type[Finetuner[Any]], Any]:
    """The finetuner of a name and its options, which a step's `option` gives.

    Raises PluginError for a name that is unknown and for the first option that is wrong.
    """
    cls: Any = context.find_step("finetune", name)
    try:
        return cls, cls.Options(**values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PluginError(
            f"{option}: {name}: {place}: {first['msg']}", hint=f"see: edgeft show finetune.{name}"
        ) from error
