"""Copies of training texts in which other words are hidden: more to learn from each text."""

from collections.abc import Iterator

import datasets

from edgeft.data.copies import Row, add, batches_of
from edgeft.plugin import Augmenter, Dataset
from edgeft.progress import Bar
from edgeft.tasks.fill_mask.words import hidden_elsewhere
from edgeft_augment.batches import generator
from edgeft_augment.options import HideOptions


def hide(step: Augmenter[HideOptions], data: Dataset) -> Dataset:
    """Write `data` with copies of every training row that is no copy itself, each with its word."""
    known = set(data.labels)

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        for number, batch in enumerate(batches_of(train)):
            random = generator(step.context.seed, number)
            for row in batch:
                if row["parent"] is not None or row["label"] is None:
                    continue
                for text, word in hidden_elsewhere(
                    row["text"], row["label"], known, step.options.copies, random
                ):
                    yield {**row, "text": text, "label": word, "parent": row["id"]}
            bar.advance(len(batch))

    return add(step, data, copies)
