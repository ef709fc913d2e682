"""Two texts of a label as one: what they have in common is what the label is about.

Concatenation of examples, as for machine translation (Kondo et al. 2021), here of two with the
same answer.
"""

from collections import defaultdict
from collections.abc import Iterator
from random import Random

import datasets
import numpy as np

from edgeft.data.copies import Row, add, batches_of
from edgeft.data.rows import is_copy, open_split
from edgeft.plugin import Dataset
from edgeft.progress import Bar
from edgeft_augment import Join
from edgeft_augment.batches import generator
from edgeft_augment.noise import below

NONE = np.empty(0, np.int64)


def join_texts(step: Join, data: Dataset) -> Dataset:
    """Write `data` with copies of the training texts, another text of their label at either end.

    Of a mapped split, only the texts that are drawn are read. A text that is alone with its label
    has no copy.
    """
    train = open_split(data, "train")
    alike = places_of_labels(train)
    texts = train.with_format("arrow")[:]["text"]

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        place = -1
        for number, batch in enumerate(batches_of(train)):
            random = generator(step.context.seed, number)
            for row in batch:
                place += 1
                others = alike.get(row["label"], NONE) if row["parent"] is None else NONE
                for _ in range(step.options.copies if len(others) > 1 else 0):
                    other = texts[drawn(others, place, random)].as_py()
                    both = [row["text"], other] if below(2, random) else [other, row["text"]]
                    yield {**row, "text": " ".join(both), "parent": row["id"]}
            bar.advance(len(batch))

    return add(step, data, copies)


def places_of_labels(train: datasets.Dataset) -> dict[str, np.ndarray]:
    """Where the originals of each label stand, ascending."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, (label, copy) in enumerate(zip(train["label"], is_copy(train), strict=True)):
        if label is not None and not copy:
            found[label].append(place)
    return {label: np.asarray(places) for label, places in found.items()}


def drawn(places: np.ndarray, own: int, random: Random) -> int:
    """One of the places (n,), ascending, that is not the text's own."""
    number = below(len(places) - 1, random)
    return int(places[number + (number >= np.searchsorted(places, own))])
