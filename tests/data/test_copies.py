"""Copies behind the training rows, whoever writes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
from notes import Notes

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.copies import Row, add
from edgeft.data.rows import open_split, write_split
from edgeft.options import Options
from edgeft.progress import Bar
from edgeft.steps import Augmenter


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


def test_copies_that_say_nothing_are_left_out_and_all_that_repeat_are_counted(
    context: Context, tiny_dataset: Dataset
) -> None:
    measured = open_split(tiny_dataset, "test")["text"][0]
    notes = Notes()

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        texts = ["new", f" {train[0]['text']} ", "new", "new ", "", " ", "another", f"{measured}!"]
        for text in texts:
            yield {**train[0], "text": text, "parent": train[0]["id"]}
        yield {**train[1], "text": "new", "parent": train[1]["id"]}
        yield {**train[1], "text": "of nobody", "parent": None}

    made = add(Shout(Options(), context.at(context.out, progress=notes)), tiny_dataset, copies)
    added = open_split(made, "train").to_list()[96:]
    assert [(row["text"], row["parent"]) for row in added] == [
        ("new", 0), ("new", 0), ("new ", 0), ("another", 0), ("new", 1), ("of nobody", None),
    ]  # fmt: skip
    assert made.manifest.history[-1].figures == {
        "added": 6,
        "left_out": {"unchanged": 1, "empty": 2, "held_out": 1},
        "repeated": 2,
    }
    assert notes.said == [
        "shout leaves out 4 of 10 copies: 1 as the text was, 2 without a word, 1 like a held-out"
        " text; 2 copies are as another one of their text"
    ]


def test_copies_of_two_texts_are_judged_by_both(context: Context, tmp_path: Path) -> None:
    asked = {"text": "is he asleep?", "label": "yes", "parent": None}
    rows = {
        "train": [{**asked, "id": 0, "pair": "he sleeps"}],
        "test": [{**asked, "id": 1, "text": "does he sleep?", "pair": "the band plays"}],
    }
    with Dataset.create(tmp_path / "pairs") as draft:
        for split, of_split in rows.items():
            draft.manifest.rows[split] = write_split(draft.path, split, of_split)
        draft.manifest.labels = ["yes"]

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        texts = [
            ("Does he sleep", "he sleeps"), ("Does he sleep", "The band plays!"),
            ("is he asleep?", "he is sleeping"), ("is he asleep?", " he  sleeps"),
        ]  # fmt: skip
        for text, pair in texts:
            yield {**train[0], "text": text, "pair": pair, "parent": 0}

    made = add(Shout(Options(), context), draft.artifact, copies)
    added = open_split(made, "train").to_list()[1:]
    assert [(row["text"], row["pair"]) for row in added] == [
        ("Does he sleep", "he sleeps"), ("is he asleep?", "he is sleeping"),
    ]  # fmt: skip
    assert made.manifest.history[-1].figures["left_out"] == {"held_out": 1, "unchanged": 1}


def test_a_copy_like_a_held_out_text_is_left_out(context: Context, tiny_dataset: Dataset) -> None:
    measured = open_split(tiny_dataset, "test")["text"][0]

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        yield {**train[0], "text": measured.upper() + "!", "parent": train[0]["id"]}
        yield {**train[0], "text": "something else", "parent": train[0]["id"]}

    made = add(Shout(Options(), context), tiny_dataset, copies)
    assert [row["text"] for row in open_split(made, "train")][96:] == ["something else"]
