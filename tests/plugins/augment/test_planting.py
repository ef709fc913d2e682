"""Labelled parts are put into texts that have no labels, and nothing else is touched."""

from pathlib import Path
from random import Random

import pytest
from entities import PEOPLE, PLACES

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.errors import PluginError
from edgeft.tasks.token_classification import TokenClassification
from edgeft_augment.planting import new_part, planted

POOL = [f"nothing new happened on day {number}" for number in range(60)]
KNOWN = sorted([*PEOPLE, *PLACES])


@pytest.fixture
def pooled(entity_dataset: Dataset, tmp_path: Path) -> Dataset:
    """The entities with texts that have no labels."""
    with Dataset.create(tmp_path / "pooled") as draft:
        for split in entity_dataset.splits:
            draft.manifest.rows[split] = write_split(
                draft.path, split, open_split(entity_dataset, split)
            )
        rows = [
            {"id": 10_000 + number, "text": text, "label": None, "parent": None}
            for number, text in enumerate(POOL)
        ]
        draft.manifest.rows["unlabelled"] = write_split(draft.path, "unlabelled", rows)
        draft.manifest.task = entity_dataset.task
        draft.manifest.labels = entity_dataset.labels
        draft.manifest.fingerprint = "pooled"
    return draft.artifact


@pytest.fixture
def plant(registry, tmp_path):
    def make(data, name="planted", **options):
        context = Context(out=tmp_path / name, task=TokenClassification(), threads=1)
        step = registry.step("augment", "plant")
        return step(registry.options("augment", "plant", options), context).run(data)

    return make


def test_copies_of_all_texts_stand_behind_those_without_labels(plant, pooled):
    made = plant(pooled, copies=2)
    for split in ("train", "validation", "test"):
        assert open_split(made, split).to_list() == open_split(pooled, split).to_list()
    rows = open_split(made, "unlabelled").to_list()
    assert [row["text"] for row in rows[: len(POOL)]] == POOL
    new = rows[len(POOL) :]
    assert made.manifest.history[-1].figures == {"unlabelled": len(new)}
    assert 300 < len(new) <= 2 * (150 + len(POOL))
    assert {(row["label"], row["parent"]) for row in new} == {(None, None)}
    ids = [row["id"] for split in made.splits for row in open_split(made, split)]
    assert len(set(ids)) == len(ids)
    with_parts = [row for row in new if any(part in row["text"] for part in KNOWN)]
    assert len(with_parts) > len(new) / 2
    again = plant(pooled, "again", copies=2)
    assert open_split(again, "unlabelled").to_list() == rows


def test_parts_take_the_place_of_words() -> None:
    random = Random(0)
    text = "a b c d e f"
    found = [planted(text, ["Bonn"], lambda _: "x", 0.0, random).split() for _ in range(400)]
    put_in = [words.count("Bonn") for words in found]
    assert set(put_in) >= {0, 1, 2}
    assert all(set(words) <= {*text.split(), "Bonn", "x"} for words in found)
    assert any(len(words) > 6 for words in found)
    assert any(len(words) < 6 for words in found)
    assert planted("", ["Bonn"], lambda _: "x", 0.5, random) == ""
    changed = planted(text, ["Bonn"], lambda _: "x", 1.0, random).split()
    assert set(changed) <= {"x", "Bonn"}


def test_new_parts_are_made_of_several() -> None:
    random = Random(0)
    found = {new_part(["john smith", "new york"], lambda _: "word", random) for _ in range(300)}
    assert any(each.split()[0] == "john" and each.split()[-1] == "york" for each in found)
    words = {word for each in found for word in each.split()}
    assert words == {"john", "smith", "new", "york", "word"}


def test_without_labelled_parts_there_is_nothing_to_put_in(plant, pooled, tmp_path):
    with Dataset.create(tmp_path / "bare") as draft:
        for split in pooled.splits:
            rows = [row | {"label": "[]"} for row in open_split(pooled, split).to_list()]
            draft.manifest.rows[split] = write_split(draft.path, split, rows)
        draft.manifest.task = pooled.task
        draft.manifest.labels = pooled.labels
    with pytest.raises(PluginError, match="no training text has a labelled part"):
        plant(draft.artifact)
    assert not (tmp_path / "planted").exists()
