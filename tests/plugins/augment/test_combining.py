"""Other data join the training rows: renamed, weighed, and without what is measured on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notes import Notes
from pydantic import ValidationError

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.errors import DataError, PluginError
from edgeft.pipeline.fingerprints import named_content
from edgeft.registry import Registry
from edgeft.tasks.text_classification import PairClassification, TextClassification
from edgeft_augment import Combine
from edgeft_augment.options import CombineOptions

Combined = Callable[..., Dataset]


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other.csv"
    path.write_text("text,label\nmy plastic broke,card\nno notes came out,cash\n")
    return path


@pytest.fixture
def combine(tiny_dataset: Dataset, context: Context) -> Combined:
    def run(sources: dict[str, float], **options: Any) -> Dataset:
        return Combine(CombineOptions(sources=sources, **options), context).run(tiny_dataset)

    return run


def new_rows(data: Dataset) -> list[tuple[str, str, int | None, float | None]]:
    return [
        (row["text"], row["label"], row["parent"], row["weight"])
        for row in open_split(data, "train").to_list()[96:]
    ]


def test_rows_of_other_data_are_nobodys_copies_and_weigh_what_was_said(
    combine: Combined, other: Path, tiny_dataset: Dataset
) -> None:
    made = combine({str(other): 0.5})
    assert new_rows(made) == [
        ("my plastic broke", "card", None, 0.5),
        ("no notes came out", "cash", None, 0.5),
    ]
    assert open_split(made, "train").to_list()[:96] == open_split(tiny_dataset, "train").to_list()
    ids = [row["id"] for split in made.splits for row in open_split(made, split)]
    assert len(set(ids)) == len(ids)
    for split in ("validation", "test", "unlabelled"):
        assert open_split(made, split)[:] == open_split(tiny_dataset, split)[:]
    figures = made.manifest.history[-1].figures
    counts = {"rows": 2, "unknown": 0, "held_out": 0, "added": 2}
    assert figures == {"added": 2, "sources": {str(other): counts}}
    made.verify()


def test_columns_weights_and_labels_may_have_other_names(combine: Combined, tmp_path: Path) -> None:
    file = tmp_path / "theirs.jsonl"
    file.write_text(
        '{"body": "a text", "topic": "KARTE", "trust": 0.5}\n'
        '{"body": "another text", "topic": "cash", "trust": null}\n'
    )
    made = combine(
        {str(file): 0.4},
        columns={"text": "body", "label": "topic", "weight": "trust"},
        labels={"KARTE": "card"},
    )
    assert new_rows(made) == [
        ("a text", "card", None, pytest.approx(0.2)),
        ("another text", "cash", None, pytest.approx(0.4)),
    ]


def test_texts_like_held_out_ones_are_left_out_and_counted(
    tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    held = [open_split(tiny_dataset, split)["text"][0] for split in ("validation", "test")]
    file = tmp_path / "leak.csv"
    lines = [f'"{held[0].upper()}!",card', f'"{held[1]}",card', "a text of its own,card"]
    file.write_text("\n".join(["text,label", *lines]) + "\n")
    notes = Notes()
    circumstances = context.at(context.out, progress=notes)
    made = Combine(CombineOptions(sources={str(file): 1}), circumstances).run(tiny_dataset)
    assert [text for text, *_ in new_rows(made)] == ["a text of its own"]
    assert notes.said == [
        f"combine adds 1 of the 3 rows of {file}; left out: 2 like a held-out text"
    ]


def test_rows_of_two_texts_are_like_held_out_ones_where_both_texts_are(
    context: Context, tmp_path: Path
) -> None:
    asked = {"text": "Is the man asleep right now?", "label": "yes", "parent": None}
    rows = {
        "train": [{**asked, "id": 0, "text": "What colour is it?", "pair": "a house of red brick"}],
        "validation": [{**asked, "id": 1, "pair": "a story of ships and harbours"}],
    }
    with Dataset.create(tmp_path / "pairs") as draft:
        for split, of_split in rows.items():
            draft.manifest.rows[split] = write_split(draft.path, split, of_split)
        draft.manifest.labels = ["yes"]
        draft.manifest.task = PairClassification.name
    file = tmp_path / "more.csv"
    file.write_text(
        "text,pair,label\n"
        "Is the man asleep right now?,he has slept on a bench since noon,yes\n"
        "is the man asleep right now,A story of ships and harbours!,yes\n"
    )
    circumstances = context.at(context.out, task=PairClassification())
    made = Combine(CombineOptions(sources={str(file): 1}), circumstances).run(draft.artifact)
    added = open_split(made, "train").to_list()[1:]
    assert [row["pair"] for row in added] == ["he has slept on a bench since noon"]
    (counts,) = made.manifest.history[-1].figures["sources"].values()
    assert counts == {"rows": 2, "unknown": 0, "held_out": 1, "added": 1}


def test_a_label_that_the_data_lacks_is_named_with_its_line(
    combine: Combined, tmp_path: Path, context: Context
) -> None:
    file = tmp_path / "theirs.csv"
    file.write_text("text,label\na text,card\nanother,cards\n")
    with pytest.raises(
        DataError, match=r"theirs\.csv, line 3: label 'cards' is not among"
    ) as caught:
        combine({str(file): 1})
    assert caught.value.hint == (
        "did you mean 'card'? say what it is called here: `labels: {cards: ...}`, or set"
        " `unknown: leave-out`"
    )
    assert not context.out.exists()
    made = combine({str(file): 1}, unknown="leave-out")
    assert [text for text, *_ in new_rows(made)] == ["a text"]
    (counts,) = made.manifest.history[-1].figures["sources"].values()
    assert counts == {"rows": 2, "unknown": 1, "held_out": 0, "added": 1}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"card": "crad"}, "labels: card is to be called 'crad', which is not among"),
        ({"carte": "card"}, "labels: no source has a label 'carte'"),
    ],
)
def test_names_that_come_to_nothing_are_refused(
    labels: dict[str, str], message: str, combine: Combined, other: Path
) -> None:
    with pytest.raises(DataError, match=message):
        combine({str(other): 1}, labels=labels)


def test_a_sample_is_found_by_its_name(
    tiny_dataset: Dataset, context: Context, other: Path
) -> None:
    samples = {"a sample": other}
    circumstances = context.at(context.out, find_data=samples.get)
    made = Combine(CombineOptions(sources={"a sample": 2}), circumstances).run(tiny_dataset)
    assert [weight for *_, weight in new_rows(made)] == [2.0, 2.0]


def test_without_a_source_or_with_one_of_no_weight_nothing_starts(other: Path) -> None:
    with pytest.raises(PluginError, match="combine names no data to add"):
        Combine.check(CombineOptions(), Path)
    with pytest.raises(ValidationError, match="greater than 0"):
        CombineOptions(sources={str(other): 0})


def test_a_changed_source_is_another_step(other: Path, registry: Registry) -> None:
    options = CombineOptions(sources={str(other): 1})
    before = named_content(Combine, options, TextClassification(), registry)
    assert named_content(Combine, options, TextClassification(), registry) == before
    other.write_text(other.read_text() + "a further text,cash\n")
    assert named_content(Combine, options, TextClassification(), registry) != before


def test_a_source_that_is_not_there_is_said_before_anything_runs(
    other: Path, registry: Registry
) -> None:
    with pytest.raises(DataError, match=r"sources: no file, folder or sample 'missing\.csv'"):
        named_content(
            Combine,
            CombineOptions(sources={"missing.csv": 1}),
            TextClassification(),
            registry,
        )
    options = CombineOptions(sources={str(other): 1}, columns={"text": "body"})
    with pytest.raises(DataError, match="has no column 'body'"):
        named_content(Combine, options, TextClassification(), registry)
