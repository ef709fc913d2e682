"""Texts of three topics to be reviewed, and what a review said of them."""

import csv
from collections.abc import Callable
from pathlib import Path

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split, write_split
from edgeft.tasks.text_classification import TextClassification
from edgeft_clean.decisions import COLUMNS

Reviewed = Callable[..., Dataset]
"""reviews a dataset with the options that are given"""

TOPICS = {
    "pets": ["cat", "dog", "hamster", "parrot", "rabbit", "goldfish", "puppy", "kitten"],
    "food": ["bread", "cheese", "apple", "soup", "rice", "butter", "tomato", "carrot"],
    "cars": ["engine", "wheel", "brake", "gear", "motor", "bumper", "clutch", "axle"],
}
FRAMES = [
    "my {} is here again", "we saw a {} and another {}", "no {} for me today", "buy one {} please",
    "the {} was very old", "where did the {} go", "is that your {} over there", "a {} for everyone",
]  # fmt: skip
HELD_OUT = [("the parrot was quite loud", "pets"), ("soup with rice on a plate", "food")]


def clean_texts() -> list[tuple[str, str]]:
    return [
        (frame.format(word, word), topic)
        for topic, words in TOPICS.items()
        for word in words
        for frame in FRAMES
    ]


def dataset(out: Path, **splits: list[tuple[str, str | None]]) -> Dataset:
    with Dataset.create(out, force=True) as draft:
        first = 0
        for split, rows in splits.items():
            write_split(
                draft.path,
                split,
                [
                    {"id": first + number, "text": text, "label": label, "parent": None}
                    for number, (text, label) in enumerate(rows)
                ],
            )
            draft.manifest.rows[split] = len(rows)
            first += len(rows)
        draft.manifest.task = TextClassification.name
        draft.manifest.labels = sorted(TOPICS)
    return draft.artifact


def decisions(data: Dataset) -> list[dict[str, str]]:
    with (data.path / "decisions.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def edit(data: Dataset, out: Path, change: Callable[[dict[str, str]], None]) -> Path:
    rows = decisions(data)
    for row in rows:
        change(row)
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return out


def rows_of(data: Dataset, split: str) -> list[tuple[str, str | None]]:
    return [(row["text"], row["label"]) for row in open_split(data, split)]


def said(data: Dataset, check: str) -> list[tuple[str, str, str]]:
    """Text, action and new label of the rows that a check found."""
    return [
        (row["text"], row["action"], row["new_label"])
        for row in decisions(data)
        if check in row["checks"].split()
    ]


def weights_in(data: Dataset) -> list[float | None]:
    return list(open_split(data, "train")["weight"])
