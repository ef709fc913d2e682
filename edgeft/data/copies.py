"""Copies behind the training rows of a dataset: the other splits stay as they are.

What every augmenter does, whoever writes the texts: rows are numbered, and what is measured on is
kept out.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import datasets

from edgeft.artifacts import Dataset
from edgeft.data.likeness import keys, normalise
from edgeft.data.rows import copy_split, next_id, open_split, write_split
from edgeft.progress import Bar
from edgeft.steps import Augmenter

BATCH = 1_000

Row = dict[str, Any]
Copies = Callable[[datasets.Dataset, Bar], Iterator[Row]]
"""from the training rows to copies of those that are no copies themselves, each with its parent"""


def add(
    step: Augmenter[Any],
    data: Dataset,
    copies: Copies,
    *,
    labelled: bool = True,
    figures: dict[str, Any] | None = None,
) -> Dataset:
    """Write `data` with copies behind the training rows.

    One that came out like a text of validation or test is left out: nothing is to be learnt from
    what is measured on. `figures` is what `copies` counts while it goes; it stands in the history
    beside the number of rows `added`.
    """
    with step.writing(Dataset, data=data) as draft:
        for split in data.splits:
            if split != "train":
                draft.manifest.rows[split] = copy_split(data, draft.path, split)
        train = open_split(data, "train")
        measured_on = held_out_keys(data)
        with step.context.progress.bar(f"augmenting with {step.name}", total=len(train)) as bar:
            made = copies(train, bar)
            new = (row for row in made if keys_of([row["text"]])[0] not in measured_on)
            if not labelled:
                new = ({**row, "label": None} for row in new)
            rows = chain(chain.from_iterable(batches_of(train)), numbered(new, next_id(data)))
            draft.manifest.rows["train"] = write_split(draft.path, "train", rows)
        draft.manifest.summary = data.manifest.summary
        draft.figures = {"added": draft.manifest.rows["train"] - len(train), **(figures or {})}
    return draft.artifact


def batches_of(rows: datasets.Dataset) -> Iterator[list[Row]]:
    """The rows, some at a time."""
    for batch in rows.iter(BATCH):
        yield [dict(zip(batch, each, strict=True)) for each in zip(*batch.values(), strict=True)]


def numbered(rows: Iterable[Row], first: int) -> Iterator[Row]:
    """The rows with ids that count up from `first`."""
    for number, row in enumerate(rows, first):
        yield {**row, "id": number}


def held_out_keys(data: Dataset) -> set[int]:
    """The keys of the texts that models are chosen and measured by."""
    found: set[int] = set()
    for split in ("validation", "test"):
        if split in data.splits:
            for batch in open_split(data, split).iter(BATCH):
                found.update(keys_of(batch["text"]))
    return found


def keys_of(texts: list[str]) -> list[int]:
    """A number for each text, equal for texts that differ in case, marks or digits only."""
    found: list[int] = keys([normalise(text) for text in texts]).tolist()
    return found
