"""Writes a dataset with changed copies of its training texts: the other splits stay as they are."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import datasets
import numpy as np

from edgeft.data.likeness import keys, normalise
from edgeft.data.rows import copy_split, next_id, open_split, write_split
from edgeft.plugin import Augmenter, Dataset
from edgeft.progress import Bar
from edgeft_augment import NoiseOptions
from edgeft_augment.noise import Noise
from edgeft_augment.units import text_of, units_of

BATCH = 1_000

Row = dict[str, Any]
Copies = Callable[[datasets.Dataset, Bar], Iterator[Row]]
"""from the training rows to copies of those that are no copies themselves, each with its parent"""


def augment(step: Augmenter[Any], data: Dataset, noise: Noise, *, labelled: bool = True) -> Dataset:
    """Write `data` with copies of every training row that is no copy itself.

    A copy has its original's label; where not `labelled`, it has none, for the noise decides it.
    """
    random = np.random.default_rng(step.context.seed)

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        return copies_of(train, noise, step.options, random, bar)

    return add(step, data, copies, labelled=labelled)


def add(step: Augmenter[Any], data: Dataset, copies: Copies, *, labelled: bool = True) -> Dataset:
    """Write `data` with copies behind the training rows.

    One that came out like a text of validation or test is left out: nothing is to be learnt from
    what is measured on.
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
        draft.figures = {"added": draft.manifest.rows["train"] - len(train)}
    return draft.artifact


def copies_of(
    train: datasets.Dataset,
    noise: Noise,
    options: NoiseOptions,
    random: np.random.Generator,
    bar: Bar,
) -> Iterator[Row]:
    """Copies of the original rows, each naming its parent; one that did not change is left out."""
    for batch in batches_of(train):
        for row in batch:
            if row["parent"] is not None:
                continue
            units = units_of(row["text"])
            before = text_of(units)
            for _ in range(options.copies):
                text = text_of(noise(units, options.rate, random))
                if text != before:
                    yield {**row, "text": text, "parent": row["id"]}
        bar.advance(len(batch))


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
