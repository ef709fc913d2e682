"""Augmenters add copies to train, each naming its parent, and touch nothing else."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data import rows as data_rows
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split, write_split
from edgeft.tasks.text_classification import TextClassification
from edgeft_augment import Delete, Insert, Mask, Mix, Swap, Typos

Augment = Callable[..., Dataset]
WORDS = ["red", "orange", "yellow", "green", "blue", "violet", "black", "white", "grey", "brown"]

SHORT = ["crimson,red", "scarlet,red", "ruby,red", "rose,red"]


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    rows = [f"{a} or {b} or neither,{a}" for a in WORDS[:3] for b in WORDS if a != b]
    (tmp_path / "t.csv").write_text("\n".join(["text,label", *rows, *SHORT]) + "\n")
    task = TextClassification()
    source = DataSource(train=str(tmp_path / "t.csv"), test_size=0.2)
    context = Context(out=tmp_path / "data", task=task)
    return prepare(source, task, context, find=lambda name: None)


@pytest.fixture
def augment(tmp_path: Path) -> Augment:
    def run(cls: Any, data: Dataset, out: str = "augmented", seed: int = 0, **options: Any) -> Any:
        context = Context(out=tmp_path / out, task=TextClassification(), seed=seed)
        return cls(cls.Options(**options), context).run(data)

    return run


@pytest.mark.parametrize("cls", [Delete, Insert, Mask, Swap, Typos])
def test_copies_name_their_parents(cls: Any, data: Dataset, augment: Augment) -> None:
    found = augment(cls, data, copies=2, rate=0.2)
    train, before = list(open_split(found, "train")), list(open_split(data, "train"))
    assert train[: len(before)] == before
    originals = {row["id"]: row for row in before}
    for copy in train[len(before) :]:
        parent = originals[copy["parent"]]
        assert copy["label"] == parent["label"]
        assert copy["text"] != parent["text"]
    ids = [row["id"] for split in found.splits for row in open_split(found, split)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("cls", [Delete, Mask, Mix, Swap])
def test_held_out_texts_are_not_touched(cls: Any, data: Dataset, augment: Augment) -> None:
    found = augment(cls, data)
    for split in ("validation", "test"):
        assert found.split_file(split).read_bytes() == data.split_file(split).read_bytes()
        assert found.manifest.rows[split] == data.manifest.rows[split]


def test_dataset_tells_its_history(data: Dataset, augment: Augment) -> None:
    found = Dataset.open(augment(Mask, data, copies=3, mask_token="<mask>").path)
    found.verify()
    assert found.labels == data.labels
    assert found.manifest.summary == data.manifest.summary
    prepared, record = found.manifest.history
    assert prepared == data.manifest.history[0]
    assert record.options == {"copies": 3, "rate": 0.15, "mask_token": "<mask>"}
    assert record.inputs == {"data": data.digest}
    assert record.figures["added"] == 3 * data.manifest.rows["train"]
    assert 0 < record.figures["repeated"] < record.figures["added"]  # texts of five words or one
    assert found.manifest.rows["train"] == 4 * data.manifest.rows["train"]


def test_where_nobody_says_who_reads_the_copies_words_are_masked_as_by_most(
    data: Dataset, augment: Augment
) -> None:
    train = list(open_split(augment(Mask, data), "train"))
    assert all(("[MASK]" in row["text"]) == (row["parent"] is not None) for row in train)


def test_copies_of_copies_are_not_made(data: Dataset, augment: Augment) -> None:
    once = augment(Mask, data, "once")
    twice = augment(Delete, once, "twice", rate=0.2)
    originals = set(open_split(data, "train")["id"])
    copies = [row for row in open_split(twice, "train") if row["parent"] is not None]
    assert {row["parent"] for row in copies} <= originals
    assert len(copies) <= 2 * len(originals)


def test_copy_that_did_not_change_is_left_out(data: Dataset, augment: Augment) -> None:
    train = list(open_split(augment(Delete, data), "train"))
    short = {row["id"] for row in train if row["parent"] is None and " " not in row["text"]}
    assert short
    assert not short & {row["parent"] for row in train}


def test_mixed_copy_is_of_two_originals_and_has_no_label(data: Dataset, augment: Augment) -> None:
    before = list(open_split(data, "train"))
    train = list(open_split(augment(Mix, data, copies=3), "train"))
    assert train[: len(before)] == before
    originals = {row["id"]: row["text"].split() for row in before}
    copies = train[len(before) :]
    assert {copy["parent"] for copy in copies} == {
        number for number, words in originals.items() if len(words) > 1
    }
    for copy in copies:
        assert copy["label"] is None
        words, own = copy["text"].split(), originals[copy["parent"]]
        assert len(words) == len(own)
        start, end = changed_span(words, own)
        assert end - start <= len(own) / 2
        assert any(
            words[start:end] == other[at : at + end - start]
            for other in originals.values()
            for at in range(len(other))
        )


def changed_span(words: list[str], own: list[str]) -> tuple[int, int]:
    """Where two lists of one length begin to differ, and where they end to."""
    places = [place for place, (one, two) in enumerate(zip(words, own, strict=True)) if one != two]
    return places[0], places[-1] + 1


def test_mixing_after_masking_mixes_the_originals(data: Dataset, augment: Augment) -> None:
    masked = augment(Mask, data, "masked", copies=2)
    both = augment(Mix, masked, "both")
    train = list(open_split(both, "train"))
    mixed = [row for row in train if row["parent"] is not None and row["label"] is None]
    assert train[: masked.manifest.rows["train"]] == list(open_split(masked, "train"))
    assert mixed == train[masked.manifest.rows["train"] :]
    assert not any("[MASK]" in row["text"] for row in mixed)
    alone = list(open_split(augment(Mix, data, "alone"), "train"))[data.manifest.rows["train"] :]
    assert [row["text"] for row in mixed] == [row["text"] for row in alone]


def test_texts_of_a_mapped_split_are_mixed_alike(
    data: Dataset, augment: Augment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = augment(Mix, data, "in-memory").digest
    monkeypatch.setattr(data_rows, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    assert augment(Mix, data, "mapped").digest == in_memory


@pytest.mark.parametrize(
    ("cls", "left"),
    [(Delete, {"card", "found"}), (Mix, {"found card", "lost found", "card lost"})],
)
def test_copy_that_came_out_like_a_held_out_text_is_left_out(
    cls: Any, left: set[str], augment: Augment, tmp_path: Path
) -> None:
    texts = {"train": ["lost card", "card found"], "validation": ["Lost!"], "test": ["card, card"]}
    ids = count()
    with Dataset.create(tmp_path / "data") as draft:
        draft.manifest.labels = ["money"]
        for split, each in texts.items():
            rows = [
                {"id": next(ids), "text": text, "label": "money", "parent": None} for text in each
            ]
            draft.manifest.rows[split] = write_split(draft.path, split, rows)
    train = open_split(augment(cls, draft.artifact, copies=30, rate=0.5), "train")
    assert {row["text"] for row in train if row["parent"] is not None} == left


@pytest.mark.parametrize("cls", [Mask, Mix])
def test_same_seed_gives_the_same_copies(cls: Any, data: Dataset, augment: Augment) -> None:
    one, same, other = (
        augment(cls, data, f"out{n}", seed=seed).digest for n, seed in enumerate((1, 1, 2))
    )
    assert one == same != other
