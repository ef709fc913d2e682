"""Copies behind the training rows of a dataset: the other splits stay as they are.

What every augmenter does, whoever writes the texts: rows are numbered, and what is measured on is
kept out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

import datasets
import numpy as np

from edgeft.artifacts import Dataset, Draft
from edgeft.data.likeness import keys, normalise
from edgeft.data.rows import copy_split, inputs_of, next_id, open_split, parts_of, write_split
from edgeft.progress import Bar
from edgeft.runtime.given import Given
from edgeft.steps import Augmenter

BATCH = 1_000

WHY = {
    "unchanged": "as the text was",
    "empty": "without a word",
    "held_out": "like a held-out text",
    "unmarked": "without one of its marked parts, or with it twice",
}
"""a copy is left out, in a few words"""

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
    total: int | None = None,
) -> Dataset:
    """Write `data` with copies behind the training rows.

    Those that came out empty, as their parent was, or like a text of validation or test are left
    out and counted; one that came out as another copy of its parent is counted, see `Sifted`.
    `figures` is what `copies` counts while it goes; it stands in the history beside the number of
    rows `added`. `total` is what the bar counts up to: by default the training rows.
    """
    with step.writing(Dataset, data=data) as draft:
        copy_all_but("train", data, draft)
        train = open_split(data, "train")
        task = step.context.task
        sifted = Sifted(train, held_out_keys(data), task.kept_spans if task.marks else None)
        bar_name = f"augmenting with {step.name}"
        with step.context.progress.bar(bar_name, total=total or len(train)) as bar:
            new = sifted.of(copies(train, bar))
            if not labelled:
                new = ({**row, "label": None} for row in new)
            rows = chain(chain.from_iterable(batches_of(train)), numbered(new, next_id(data)))
            draft.manifest.rows["train"] = write_split(draft.path, "train", rows)
        draft.figures = {"added": draft.manifest.rows["train"] - len(train), **(figures or {})}
        if sifted.left_out:
            draft.figures["left_out"] = dict(sifted.left_out)
        if sifted.repeated:
            draft.figures["repeated"] = sifted.repeated
        if sifted.left_out or sifted.repeated:
            step.context.progress.note(sifted.told(step.name))
    return draft.artifact


def copy_all_but(split: str, data: Dataset, draft: Draft[Dataset]) -> None:
    """Write what a step leaves as it is into a draft: every split but one, and the summary."""
    for each in data.splits:
        if each != split:
            draft.manifest.rows[each] = copy_split(data, draft.path, each)
    draft.manifest.summary = data.manifest.summary


def add_unlabelled(texts: Iterable[str], data: Dataset, draft: Draft[Dataset]) -> int:
    """Write `data` with further texts behind those without labels, if any; returns how many."""
    copy_all_but("unlabelled", data, draft)
    pool = open_split(data, "unlabelled") if "unlabelled" in data.splits else None
    before = () if pool is None else chain.from_iterable(batches_of(pool))
    new: Iterator[Row] = ({"text": text, "label": None, "parent": None} for text in texts)
    rows = chain(before, numbered(new, next_id(data)))
    written = write_split(draft.path, "unlabelled", rows)
    draft.manifest.rows["unlabelled"] = written
    return written - (0 if pool is None else len(pool))


class Sifted:
    """The copies that have something to say, and how many of the others there were.

    A copy that repeats another one is kept, for it says again what its parent means.

    Nothing is to be learnt from what is measured on: a text counts as held out if it differs from
    one of those in case, marks and digits only. Else texts are the same if only blanks differ. Of
    two texts both have to.
    """

    def __init__(
        self,
        train: datasets.Dataset,
        held_out: set[int],
        marked: Callable[[str], list[Any]] | None = None,
    ) -> None:
        self.held_out = held_out
        self.marked = marked
        """what finds the marked parts of a text, where texts have such; none where one is lost"""
        self.left_out: Counter[str] = Counter()
        self.repeated = 0
        self.seen = 0
        ids, of_texts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for batch in batches_of(train.select_columns(["id", "text", "pair", "parent"])):
            own = [row for row in batch if row["parent"] is None]
            ids.append(np.asarray([row["id"] for row in own], np.int64))
            of_texts.append(keys([in_lines(row) for row in own]))
        order = np.argsort(np.concatenate(ids), kind="stable")
        self.ids = np.concatenate(ids)[order]
        self.keys = np.concatenate(of_texts)[order]

    def of(self, copies: Iterable[Row]) -> Iterator[Row]:
        """The copies that are kept, in their order; those of one parent have to be neighbours."""
        parent: int | None = -1
        original: int | None = None
        siblings: set[int] = set()
        remaining = iter(copies)
        while rows := list(islice(remaining, BATCH)):
            self.seen += len(rows)
            same = keys([in_lines(row) for row in rows]).tolist()
            like = keys_of(map(given_of, rows)) if self.held_out else [0] * len(rows)
            for row, key, near in zip(rows, same, like, strict=True):
                if row["parent"] != parent:
                    parent, siblings = row["parent"], set()
                    original = self.key_of(parent)
                if not row["text"].strip():
                    self.left_out["empty"] += 1
                elif self.marked and not self.marked(row["text"]):
                    self.left_out["unmarked"] += 1
                elif near in self.held_out:
                    self.left_out["held_out"] += 1
                elif key == original:
                    self.left_out["unchanged"] += 1
                else:
                    self.repeated += key in siblings
                    siblings.add(key)
                    yield row

    def key_of(self, parent: int | None) -> int | None:
        """The key of an original's texts; None where there is no such row."""
        if parent is None:
            return None
        place = int(np.searchsorted(self.ids, parent))
        there = place < len(self.ids) and self.ids[place] == parent
        return int(self.keys[place]) if there else None

    def told(self, name: str) -> str:
        """What was left out, in a sentence."""
        listed = ", ".join(
            f"{self.left_out[why]:,} {words}" for why, words in WHY.items() if self.left_out[why]
        )
        said = f"{name} leaves out {self.left_out.total():,} of {self.seen:,} copies: {listed}"
        again = f"{self.repeated:,} copies are as another one of their text"
        if not listed:
            return f"{name}: {again}"
        return f"{said}; {again}" if self.repeated else said


def in_one_line(text: str) -> str:
    """A text with single spaces for its blanks."""
    return " ".join(text.split())


def in_lines(row: Row) -> str:
    """The texts of a row, a line each."""
    return "\n".join(map(in_one_line, parts_of(given_of(row))))


def given_of(row: Row) -> Given:
    """What a model reads of a row: its text, or its two."""
    pair = row.get("pair")
    return row["text"] if pair is None else (row["text"], pair)


def batches_of(rows: datasets.Dataset) -> Iterator[list[Row]]:
    """The rows, some at a time."""
    for batch in rows.iter(BATCH):
        yield [dict(zip(batch, each, strict=True)) for each in zip(*batch.values(), strict=True)]


def numbered(rows: Iterable[Row], first: int) -> Iterator[Row]:
    """The rows with ids that count up from `first`."""
    for number, row in enumerate(rows, first):
        yield {**row, "id": number}


def held_out_keys(data: Dataset) -> set[int]:
    """The keys of the texts, or pairs of them, that models are chosen and measured by."""
    found: set[int] = set()
    for split in ("validation", "test"):
        if split in data.splits:
            found |= split_keys(open_split(data, split))
    return found


def split_keys(rows: datasets.Dataset) -> set[int]:
    """The keys of the texts, or pairs of them, of rows."""
    remaining = inputs_of(rows)
    found: set[int] = set()
    while some := list(islice(remaining, BATCH)):
        found.update(keys_of(some))
    return found


def keys_of(given: Iterable[Given]) -> list[int]:
    """A number for each text, equal for texts that differ in case, marks or digits only.

    Of two texts that are read together one number, equal where both are.
    """
    texts = ["\n".join(map(normalise, parts_of(each))) for each in given]
    found: list[int] = keys(texts).tolist()
    return found
