"""Writes a dataset with changed copies of its training texts: the other splits stay as they are."""

from collections.abc import Iterator
from typing import Any

import datasets
import numpy as np

from edgeft.data.rows import copy_split, next_id, open_split, write_split
from edgeft.plugin import Augmenter, Dataset
from edgeft.progress import Bar
from edgeft_augment import NoiseOptions
from edgeft_augment.noise import Noise

BATCH = 1_000


def augment(step: Augmenter[Any], data: Dataset, noise: Noise) -> Dataset:
    """Write `data` with copies of every training row that is no copy itself."""
    with step.writing(Dataset, data=data) as draft:
        for split in data.splits:
            if split != "train":
                draft.manifest.rows[split] = copy_split(data, draft.path, split)
        train = open_split(data, "train")
        random = np.random.default_rng(step.context.seed)
        with step.context.progress.bar(f"augmenting with {step.name}", total=len(train)) as bar:
            rows = with_copies(train, next_id(data), noise, step.options, random, bar)
            draft.manifest.rows["train"] = write_split(draft.path, "train", rows)
        draft.manifest.summary = data.manifest.summary
        draft.figures = {"added": draft.manifest.rows["train"] - len(train)}
    return draft.artifact


def with_copies(
    train: datasets.Dataset,
    first: int,
    noise: Noise,
    options: NoiseOptions,
    random: np.random.Generator,
    bar: Bar,
) -> Iterator[dict[str, Any]]:
    """Every row, then the copies of the original ones, whose ids count up from `first`.

    A copy that came out like its original is left out.
    """
    for batch in train.iter(BATCH):
        yield from rows_of(batch)
    for batch in train.iter(BATCH):
        for row in rows_of(batch):
            if row["parent"] is not None:
                continue
            words = row["text"].split()
            for _ in range(options.copies):
                changed = noise(words, options.rate, random)
                if changed != words:
                    yield {**row, "id": first, "text": " ".join(changed), "parent": row["id"]}
                    first += 1
        bar.advance(len(batch["id"]))


def rows_of(batch: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """A batch of columns as rows."""
    return [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
