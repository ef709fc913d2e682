"""The summary of a dataset is kept in its manifest and printed for people."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from edgeft.artifacts import Dataset
from edgeft.data.notes import alike_labels, notes
from edgeft.data.summary import lengths, render


def test_summary_counts_what_a_person_should_know(
    prepare_data: Callable[..., Dataset], tmp_path: Path
) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("text,label\na b c,x\na b c,y\nA b c.,x\nd e,y\n")
    test.write_text("text,label\na b c,x\nnew one,y\n")
    data = prepare_data({"train": str(train), "validation": str(test), "test": str(test)})
    held_out = {
        "rows": 2,
        "labels": {"x": 1, "y": 1},
        "characters": {"p50": 6, "p95": 7, "max": 7},
        "words": {"p50": 2, "p95": 3, "max": 3},
        "duplicates": {"exact": 0, "near": 0},
    }
    assert data.manifest.summary == {
        "labels": 2,
        "splits": {
            "train": {
                "rows": 4,
                "labels": {"x": 2, "y": 2},
                "characters": {"p50": 5, "p95": 6, "max": 6},
                "words": {"p50": 3, "p95": 3, "max": 3},
                "duplicates": {"exact": 1, "near": 2},
            },
            "validation": held_out,
            "test": held_out,
        },
        "conflicting": 2,
        "overlap": {"validation": {"exact": 1, "near": 1}, "test": {"exact": 1, "near": 1}},
        "sources": {"train": str(train), "validation": str(test), "test": str(test)},
        "dropped": {"train": 0, "validation": 0, "test": 0},
        "notes": [
            "1 of 2 rows of validation stand in train, or nearly so (1 exactly): figures on"
            " validation are too good",
            "1 of 2 rows of test stand in train, or nearly so (1 exactly): figures on test are too"
            " good",
            "2 rows of train have a text that also has another label",
        ],
    }


def test_characters_count_as_words_where_there_are_no_spaces(
    prepare_data: Callable[..., Dataset], tmp_path: Path
) -> None:
    train = tmp_path / "train.csv"
    rows = ["房间很好，WiFi也快！,好评", "ที่นี่,差评", "कमरा साफ था,好评", "お　茶,差评"]
    train.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    data = prepare_data({"train": str(train), "validation": str(train)})
    assert data.manifest.summary["splits"]["train"]["words"] == {"p50": 2, "p95": 6, "max": 7}
    assert "\n  好评                                             2   50.0%\n" in render(
        data.manifest.summary
    )


def split(**labels: int) -> dict[str, object]:
    return {
        "rows": sum(labels.values()),
        "labels": labels,
        "characters": {"p50": 40, "p95": 90, "max": 100},
        "words": {"p50": 8, "p95": 15, "max": 20},
        "duplicates": {"exact": 1, "near": 2},
    }


def summary() -> dict[str, object]:
    return {
        "labels": 2,
        "splits": {"train": split(Card=900, card=300), "validation": split(Card=100, card=0)},
        "conflicting": 0,
        "overlap": {"validation": {"exact": 0, "near": 0}},
        "dropped": {"train": 3},
    }


def test_summary_is_printed_as_a_table() -> None:
    found = {**summary(), "notes": ["one thing"]}
    assert render(found) == (
        "split             rows    characters p50/p95/max     words p50/p95/max"
        "  repeated  in train\n"
        "train            1,200                 40/90/100               8/15/20"
        "         2         -\n"
        "validation         100                 40/90/100               8/15/20"
        "         2         0\n"
        "\n"
        "2 labels in train:\n"
        "  Card                                           900   75.0%\n"
        "  card                                           300   25.0%\n"
        "\n"
        "note: one thing\n"
    )


def test_types_of_parts_have_their_share_of_the_parts() -> None:
    found = {**summary(), "labels": 5, "splits": {"train": {**split(PER=30, LOC=10), "rows": 20}}}
    assert render(found).splitlines()[-3:] == [
        "2 labels in train:",
        "  PER                                             30   75.0%",
        "  LOC                                             10   25.0%",
    ]


def test_many_labels_are_printed_from_both_ends() -> None:
    labels = {f"l{n:02}": 100 - n for n in range(30)}
    lines = render({**summary(), "labels": 30, "splits": {"train": split(**labels)}}).splitlines()
    assert [line.split()[0] for line in lines[4:]] == [
        *(f"l{n:02}" for n in range(10)),
        "...",
        *(f"l{n:02}" for n in range(20, 30)),
    ]


def test_labels_that_were_not_counted_in_validation_are_not_said_to_be_missing() -> None:
    """A reader of answers counts none where all questions of a split have one."""
    uncounted = {**split(), "rows": 100}
    splits = {"train": split(**{"answer": 900, "no answer": 300}), "validation": uncounted}
    assert notes({**summary(), "dropped": {}, "splits": splits}) == []


def test_odd_labels_and_dropped_rows_are_noted() -> None:
    assert notes(summary()) == [
        "3 rows of train have an empty text and are left out",
        "no row of validation has the label card",
        "labels 'Card' and 'card' differ in case only",
    ]


def test_labels_that_mean_none_elsewhere_are_noted() -> None:
    splits = {"train": split(card=9, NaN=3, none=4)}
    assert notes({**summary(), "dropped": {}, "splits": splits}) == [
        "3 rows of train have the label 'NaN': where that stands for none, leave the cell empty",
    ]


def test_two_texts_that_are_read_together_are_as_long_as_both():
    table = pa.table({"text": ["where?", "who"], "pair": pa.array(["in Bonn", None], pa.string())})
    assert lengths(table, pc.utf8_length).tolist() == [13, 3]
    assert lengths(table.select(["text"]), pc.utf8_length).tolist() == [6, 3]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["fee", "Fee", "card"], ["labels 'fee' and 'Fee' differ in case only"]),
        (
            ["a b", "a\u00a0b", "caf\u00e9", "cafe\u0301"],
            [
                "labels 'a b' and 'a\\xa0b' differ only in case, blanks or how a sign is encoded",
                "labels 'caf\u00e9' and 'cafe\u0301' differ only in case, blanks or how a sign is"
                " encoded",
            ],
        ),
        (["fee", "fees", "f ee", "cafe", "caf\u00e9"], []),
    ],
)
def test_labels_that_a_reader_takes_for_one_are_noted(labels: list[str], said: list[str]) -> None:
    assert alike_labels(labels) == said


def test_not_every_pair_of_many_labels_is_named() -> None:
    names = [f"label {number}" for number in range(30)]
    found = alike_labels([*names, *(name.upper() for name in names)])
    assert len(found) == 6
    assert found[-1] == "25 further labels are written in several ways, too"
