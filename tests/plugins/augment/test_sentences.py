"""Texts become sentences, and sentences of other texts join those without labels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notes import Notes

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.errors import DataError, PluginError
from edgeft.pipeline.fingerprints import named_content
from edgeft.registry import Registry
from edgeft.tasks.text_classification import TextClassification
from edgeft_augment import Sentences
from edgeft_augment.options import SentenceOptions
from edgeft_augment.sentences import LONGEST, sentences_of


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n ", []),
        ("no end", ["no end"]),
        ("One. Two! Three?! Four…", ["One.", "Two!", "Three?!", "Four…"]),
        ("a line\n\n another \nthe last.", ["a line", "another", "the last."]),
        ('He said "no." Then he went.', ['He said "no."', "Then he went."]),
        ("(See below.) “Yes.” Next.", ["(See below.)", "“Yes.”", "Next."]),
        ("See 3.5 of x.com. 2 are left.", ["See 3.5 of x.com.", "2 are left."]),
        ("Mr. J. R. Smith came. He left.", ["Mr. J. R. Smith came.", "He left."]),
        ("The U.S. Army is at 5 St. Mary St. now. It left.",
         ["The U.S. Army is at 5 St. Mary St. now.", "It left."]),
        ("so... he went. and then. End.", ["so... he went. and then.", "End."]),
        ("我爱你。他说：“好！”然后走了。", ["我爱你。", "他说：“好！”", "然后走了。"]),
        ("यह पहला है। यह दूसरा है।", ["यह पहला है।", "यह दूसरा है।"]),
        ("هل وصلت؟ نعم.", ["هل وصلت؟", "نعم."]),
        ("สวัสดี ขอบคุณ", ["สวัสดี ขอบคุณ"]),
    ],
)  # fmt: skip
def test_sentences_end_with_their_marks_and_lines(text: str, sentences: list[str]) -> None:
    assert list(sentences_of(text)) == sentences


def test_only_the_end_of_a_sentence_is_looked_at_for_a_short_word() -> None:
    long = "Donaudampfschifffahrts"
    assert len(long) > LONGEST
    for name in (f"{long}mr", "Kamr", "xetc"):
        assert list(sentences_of(f"{name}. Next.")) == [f"{name}.", "Next."]
    assert list(sentences_of(f"{long} Mr. Next.")) == [f"{long} Mr. Next."]


Cut = Callable[..., Dataset]


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def cut(tiny_dataset: Dataset, context: Context, notes: Notes) -> Cut:
    def run(
        unlabelled: dict[str, int | None], data: Dataset = tiny_dataset, **others: Any
    ) -> Dataset:
        options = SentenceOptions(unlabelled=unlabelled, **others)
        return Sentences(options, context.at(context.out, progress=notes)).run(data)

    return run


def texts_of(data: Dataset) -> list[str]:
    return list(open_split(data, "unlabelled")["text"])


def houses_in(tmp_path: Path) -> Path:
    """As many texts as words make: numbers alone would make them alike."""
    words = ("old", "new", "red", "blue", "big", "small", "cold", "warm", "quick", "slow")
    lines = [f"The {one} {two} house is here." for one in words for two in words]
    path = tmp_path / "houses.txt"
    path.write_text(" ".join(lines[:50]) + "\n" + " ".join(lines[50:]) + "\n")
    return path


def test_sentences_stand_behind_the_texts_without_labels(
    cut: Cut, tiny_dataset: Dataset, tmp_path: Path, notes: Notes
) -> None:
    houses = houses_in(tmp_path)
    before = texts_of(tiny_dataset)
    made = cut({str(houses): None})
    new = texts_of(made)[len(before) :]
    assert texts_of(made)[: len(before)] == before
    assert len(new) == 100
    assert new[0] == "The old old house is here."
    for split in ("train", "validation", "test"):
        assert open_split(made, split).to_list() == open_split(tiny_dataset, split).to_list()
    rows = open_split(made, "unlabelled").to_list()[len(before) :]
    assert {(row["label"], row["parent"]) for row in rows} == {(None, None)}
    ids = [row["id"] for split in made.splits for row in open_split(made, split)]
    assert len(set(ids)) == len(ids)
    assert made.manifest.history[-1].figures == {
        "unlabelled": 100,
        "sources": {str(houses): {"sentences": 100, "added": 100}},
    }
    assert notes.said == [f"sentences adds 100 of the 100 of {houses}"]
    made.verify()


def test_as_many_are_drawn_as_were_asked_for_and_others_by_another_seed(
    cut: Cut, tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    houses = houses_in(tmp_path)
    before = len(texts_of(tiny_dataset))

    def drawn(seed: int) -> list[str]:
        out = context.at(tmp_path / f"seed-{seed}-{len(found)}", seed=seed)
        options = SentenceOptions(unlabelled={str(houses): 20})
        return texts_of(Sentences(options, out).run(tiny_dataset))[before:]

    found: list[list[str]] = []
    for seed in (0, 0, 1):
        found.append(drawn(seed))
    assert [len(set(each)) for each in found] == [20, 20, 20]
    assert found[0] == found[1] != found[2]


def test_what_is_measured_on_and_what_is_there_is_left_out(
    cut: Cut, tiny_dataset: Dataset, tmp_path: Path, notes: Notes
) -> None:
    held = open_split(tiny_dataset, "test")["text"][0]
    there = texts_of(tiny_dataset)[2]
    file = tmp_path / "some.txt"
    file.write_text(f"{held.upper()}!\n{there}\nA text of its own.\nA text of its own!\n")
    other = tmp_path / "other.txt"
    other.write_text("A text of its own.\nAnother text of it.\n")
    made = cut({str(file): None, str(other): None}, fewest_words=2)
    assert texts_of(made)[len(texts_of(tiny_dataset)) :] == [
        "A text of its own.",
        "Another text of it.",
    ]
    assert notes.said[0].endswith("left out: 1 like a held-out text")


def test_short_and_long_sentences_are_left_out(cut: Cut, tiny_dataset: Dataset, tmp_path) -> None:
    file = tmp_path / "some.txt"
    file.write_text("Too short. This one is just right. This one is longer than was asked for.\n")
    made = cut({str(file): None}, fewest_words=3, most_words=6)
    assert texts_of(made)[len(texts_of(tiny_dataset)) :] == ["This one is just right."]


def test_data_without_such_texts_get_some(cut: Cut, tiny_dataset: Dataset, tmp_path: Path) -> None:
    with Dataset.create(tmp_path / "labelled") as draft:
        for split in ("train", "test"):
            rows = open_split(tiny_dataset, split)
            draft.manifest.rows[split] = write_split(draft.path, split, rows)
        draft.manifest.task, draft.manifest.labels = tiny_dataset.task, tiny_dataset.labels
    made = cut({str(houses_in(tmp_path)): 30}, draft.artifact)
    assert sorted(made.splits) == ["test", "train", "unlabelled"]
    assert len(texts_of(made)) == 30


def test_columns_and_samples_are_read_as_data_are(
    tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    file = tmp_path / "bodies.jsonl"
    file.write_text('{"body": "A sentence about a card. And one about some cash."}\n')
    named = context.at(context.out, find_data={"a sample": file}.get)
    options = SentenceOptions(unlabelled={"a sample": None}, columns={"text": "body"})
    made = Sentences(options, named).run(tiny_dataset)
    assert texts_of(made)[-2:] == ["A sentence about a card.", "And one about some cash."]


def test_texts_without_a_sentence_are_named(cut: Cut, context: Context, tmp_path: Path) -> None:
    file = tmp_path / "short.txt"
    file.write_text("Too short.\nHello!\n")
    with pytest.raises(DataError, match="has no sentence of 4 to 60 words") as caught:
        cut({str(file): None})
    assert str(file) in caught.value.message
    assert not context.out.exists()


def test_what_is_not_there_is_named(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="names no texts to cut"):
        Sentences.check(SentenceOptions(), Path)
    task = TextClassification()
    with pytest.raises(DataError, match=r"unlabelled: no file, folder or sample 'missing\.csv'"):
        named_content(Sentences, SentenceOptions(unlabelled={"missing.csv": 1}), task, registry)
