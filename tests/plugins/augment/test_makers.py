"""Copies that are taken out again are counted for the augment step that made them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from notes import Notes

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import is_copy, open_split, write_split
from edgeft.plugin import Checkpoint
from edgeft.report.blocks import Table, Text, facts
from edgeft_augment import Combine, Delete, Filter, Mask, Mix, Swap
from edgeft_augment.makers import by_step


@pytest.fixture
def augmented(tiny_dataset: Dataset, context: Context) -> Any:
    """The tiny dataset after augment steps, each with its options."""

    def run(*steps: tuple[Any, dict[str, Any]], data: Dataset = tiny_dataset) -> Dataset:
        for number, (cls, options) in enumerate(steps):
            out = context.out.with_name(f"{data.path.name}-{number}-{cls.name}")
            data = cls(cls.Options(**options), context.at(out)).run(data)
        return data

    return run


def without(data: Dataset, gone: set[int], out: Path) -> Dataset:
    """The dataset, history included, without some rows of train."""
    rows = [row for row in open_split(data, "train") if row["id"] not in gone]
    with Dataset.create(out) as draft:
        for split in data.splits:
            kept = rows if split == "train" else list(open_split(data, split))
            draft.manifest.rows[split] = write_split(draft.path, split, kept)
        draft.manifest.labels = data.labels
        draft.manifest.history = list(data.manifest.history)
    return draft.artifact


def doubted_in(data: Dataset, word: str) -> tuple[np.ndarray, np.ndarray]:
    """Which rows of train are copies, and which of these have a word."""
    train = open_split(data, "train")
    copies = is_copy(train)
    return copies, copies & np.asarray([word in text for text in train["text"]])


def test_each_step_has_its_own_copies_and_a_step_taken_twice_both(augmented: Any) -> None:
    data = augmented(
        (Delete, {}), (Mask, {"mask_token": "<one>"}), (Mask, {"mask_token": "<two>", "copies": 2})
    )
    train = open_split(data, "train")
    for word, wanted in (("<one>", [0, 96, 0]), ("<two>", [0, 0, 192])):
        found = by_step(data, train, *doubted_in(data, word))
        assert list(found) == ["delete", "mask", "mask-2"]
        assert [each["left_out"] for each in found.values()] == wanted
        assert [each["copies"] for each in found.values()] == [96, 96, 192]


def test_rows_of_other_data_are_nobodys_copies(augmented: Any, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("text,label\nmy chip is gone for good,card\n")
    more = {"sources": {str(tmp_path / "more.csv"): 0.5}}
    data = augmented((Delete, {}), (Combine, more), (Mask, {}))
    found = by_step(data, open_split(data, "train"), *doubted_in(data, "[MASK]"))
    assert found == {
        "delete": {"copies": 96, "left_out": 0},
        "mask": {"copies": 97, "left_out": 97},  # one is of the other data
    }


def test_where_rows_went_uncounted_nobody_can_tell(augmented: Any, tmp_path: Path) -> None:
    data = augmented((Delete, {}), (Mask, {}))
    last = open_split(data, "train")["id"][-1]
    fewer = without(data, {last}, tmp_path / "fewer")
    assert by_step(fewer, open_split(fewer, "train"), *doubted_in(fewer, "[MASK]")) == {}


def test_a_filter_says_whose_copies_it_leaves_out_and_so_does_one_after_it(
    augmented: Any, tiny_checkpoint: Checkpoint, context: Context
) -> None:
    notes = Notes()

    def filtered(data: Dataset, name: str) -> Dataset:
        circumstances = context.at(context.out.with_name(name), progress=notes)
        return Filter(Filter.Options(), circumstances).run(data, tiny_checkpoint)

    mixed_and_masked = augmented((Delete, {}), (Mix, {}), (Mask, {"rate": 1.0, "copies": 3}))
    once = filtered(mixed_and_masked, "once")
    figures = once.manifest.history[-1].figures
    masked = sum("[MASK]" in text for text in open_split(once, "train")["text"])
    assert figures["by_step"]["mask"] == {"copies": 288, "left_out": 288 - masked}
    assert 0 < masked < 288
    assert figures["by_step"]["delete"]["copies"] == 96
    assert list(figures["by_step"]) == ["delete", "mask"]  # a mixed copy has no label to doubt
    told = {name: each["left_out"] for name, each in figures["by_step"].items()}
    assert sum(told.values()) == figures["left_out"]
    assert notes.said[-1] == (
        f"filter leaves out {figures['left_out']} of 384 copies: their label is doubtful"
        f" ({told['delete']} of 96 by delete, {told['mask']} of 288 by mask)"
    )
    again = augmented((Swap, {"rate": 0.3}), data=once)  # with ids that were the masked ones'
    twice = filtered(again, "twice").manifest.history[-1].figures
    assert {name: each["copies"] for name, each in twice["by_step"].items()} == {
        "delete": 96 - told["delete"],
        "mask": masked,
        "swap": again.manifest.history[-1].figures["added"],
    }
    assert twice["by_step"]["mask"]["left_out"] == 0
    title, table = facts(twice)[-2:]
    assert isinstance(title, Text)
    assert isinstance(table, Table)
    assert (title.text, table.columns) == ("by_step", ["", "copies", "left_out"])
