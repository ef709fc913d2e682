"""Copies behind the training rows, whoever writes them."""

from collections.abc import Iterator
from typing import Any

import datasets

from edgeft.artifacts import Dataset
from edgeft.data.copies import Row, add
from edgeft.data.rows import open_split
from edgeft.progress import Bar
from edgeft.steps import Augmenter, Context, Options


class Shout(Augmenter[Options]):
    """Say it louder."""

    name = "shout"
    Options = Options


def test_what_was_counted_stands_beside_what_was_added(
    context: Context, tiny_dataset: Dataset
) -> None:
    heard: dict[str, Any] = {"loud": 0}

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        for row in train:
            heard["loud"] += 1
            yield {**row, "text": f"{row['text']}!!! really", "parent": row["id"]}

    made = add(Shout(Options(), context), tiny_dataset, copies, figures=heard)
    assert made.manifest.history[-1].figures == {"added": 96, "loud": 96}
    assert len(open_split(made, "train")) == 2 * 96


def test_a_copy_like_a_held_out_text_is_left_out(context: Context, tiny_dataset: Dataset) -> None:
    measured = open_split(tiny_dataset, "test")["text"][0]

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        yield {**train[0], "text": measured.upper() + "!", "parent": train[0]["id"]}
        yield {**train[0], "text": "something else", "parent": train[0]["id"]}

    made = add(Shout(Options(), context), tiny_dataset, copies)
    assert [row["text"] for row in open_split(made, "train")][96:] == ["something else"]
