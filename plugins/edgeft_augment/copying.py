"""Changed copies of the training texts: what a step's noise makes of each."""

from collections.abc import Iterator
from typing import Any

import datasets
import numpy as np

from edgeft.data.copies import Row, add, batches_of
from edgeft.data.units import text_of, units_of
from edgeft.plugin import Augmenter, Dataset
from edgeft.progress import Bar
from edgeft_augment import NoiseOptions
from edgeft_augment.noise import Noise


def augment(step: Augmenter[Any], data: Dataset, noise: Noise, *, labelled: bool = True) -> Dataset:
    """Write `data` with copies of every training row that is no copy itself.

    A copy has its original's label; where not `labelled`, it has none, for the noise decides it.
    """
    random = np.random.default_rng(step.context.seed)

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        return copies_of(train, noise, step.options, random, bar)

    return add(step, data, copies, labelled=labelled)


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
