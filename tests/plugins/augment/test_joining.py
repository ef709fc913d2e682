"""Copies that are two texts of a label."""

from collections import Counter

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.tasks.text_classification import TextClassification
from edgeft_augment import Join

LABELS = ["a", "b", None, "a", "a", "c", "b"]
TEXTS = ["red", "green", "blue", "black", "white", "grey", "brown"]


@pytest.fixture
def data(tmp_path) -> Dataset:
    """Seven texts, one without a label and one that is alone with its own; the last is a copy."""
    with Dataset.create(tmp_path / "data") as draft:
        rows = [
            {"id": place + 5, "text": text, "label": label, "parent": None}
            for place, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
        ]
        rows.append({"id": 20, "text": "reddish", "label": "a", "parent": 5})
        held_out = {"id": 30, "text": "black red", "label": "a", "parent": None}
        splits = {"train": rows, "validation": [held_out]}
        for split, some in splits.items():
            draft.manifest.rows[split] = write_split(draft.path, split, some)
        draft.manifest.labels, draft.manifest.task = ["a", "b", "c"], "text-classification"
    return draft.artifact


def joined(data, out, seed=0, copies=40) -> list[dict]:
    context = Context(out=out, task=TextClassification(), seed=seed)
    made = Join(Join.Options(copies=copies), context).run(data)
    return list(open_split(made, "train"))[len(LABELS) + 1 :]


def test_a_copy_is_its_text_and_another_one_of_the_label(data, tmp_path) -> None:
    found = joined(data, tmp_path / "out")
    assert {row["parent"] for row in found} == {5, 6, 8, 9, 11}
    assert Counter(row["label"] for row in found).keys() == {"a", "b"}
    assert {row["text"] for row in found if row["parent"] == 6} == {
        "green brown",
        "brown green",
    }
    assert {row["text"] for row in found if row["parent"] == 5} == {
        "red black", "red white", "white red",
    }  # fmt: skip
    # not "black red", which is held out, nor anything of a copy


def test_the_seed_decides(data, tmp_path) -> None:
    first, again, other = (
        [row["text"] for row in joined(data, tmp_path / name, seed=seed, copies=3)]
        for name, seed in (("first", 0), ("again", 0), ("other", 1))
    )
    assert first == again != other
