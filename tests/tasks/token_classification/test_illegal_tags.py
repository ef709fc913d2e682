"""Sentences whose tags or spans cannot be: the first is named by its place, the others counted."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.errors import DataError
from edgeft.tasks.token_classification import TokenClassification

TOKENS = ["Ann", "Lee", "moved", "to", "Bonn"]
GOOD = ["B-person", "E-person", "O", "O", "S-place"]
BAD = [
    ["B-person", "O", "O", "O", "S-place"],
    ["O", "O", "O", "E-person", "O"],
    ["S-place", "B-place", "S-place", "O", "O"],
]
WRONG = [
    "tag 2 is 'O' after 'B-person', which cannot be",
    "tag 4 is 'E-person' after 'O', which cannot be",
    "tag 3 is 'S-place' after 'B-place', which cannot be",
]
SPANS = [[[0, 7, "person"], [4, 12, "place"]], [[17, 90, "place"]], [[3, 3, "person"]]]
BEYOND = [
    "the spans [0, 7, 'person'] and [4, 12, 'place'] overlap",
    "[17, 90, 'place'] lies beyond",
]


def conll(path: Path) -> list[int]:
    """Write sentences, the bad ones second, third and fifth; returns their lines."""
    tags = [GOOD, BAD[0], BAD[1], GOOD, BAD[2], GOOD]
    sentences = [
        "\n".join(f"{token}\t{tag}" for token, tag in zip(TOKENS, each, strict=True))
        for each in tags
    ]
    path.write_text("# about Ann\n" + "\n\n".join(sentences) + "\n", encoding="utf-8")
    return [8, 14, 26]


def lines_of_tags(path: Path) -> list[int]:
    rows = [{"text": TOKENS, "label": each} for each in [GOOD, BAD[0], BAD[1], GOOD, BAD[2], GOOD]]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return [2, 3, 5]


def lines_of_spans(path: Path) -> list[int]:
    good = [[0, 7, "person"], [17, 21, "place"]]
    spans = [good, SPANS[0], SPANS[1], good, SPANS[2], good]
    rows = [{"text": " ".join(TOKENS), "label": each} for each in spans]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return [2, 3, 5]


def prepared(path: Path, out: Path, **options: bool) -> Dataset:
    context = Context(out=out, task=TokenClassification())
    right = out.with_name("right.jsonl")
    right.write_text(json.dumps({"text": TOKENS, "label": GOOD}), encoding="utf-8")
    source = DataSource(train=str(path), validation=str(right), **options)
    return prepare(source, context.task, context, find=lambda _: None)


@pytest.mark.parametrize(
    ("name", "write", "wrong"),
    [
        ("t.conll", conll, WRONG),
        ("tags.jsonl", lines_of_tags, WRONG),
        ("spans.jsonl", lines_of_spans, [*BEYOND, "[3, 3, 'person'] holds no text"]),
    ],
)
def test_what_cannot_be_is_named_by_line_and_counted_or_left_out_and_listed(
    name: str, write: Callable[[Path], list[int]], wrong: list[str], tmp_path: Path
) -> None:
    lines = write(tmp_path / name)
    with pytest.raises(DataError) as caught:
        prepared(tmp_path / name, tmp_path / "data")
    message = caught.value.message
    assert message.startswith(f"{tmp_path / name}, line {lines[0]}: ")
    assert wrong[0] in message
    assert message.endswith(" (and 2 further rows cannot be used)")
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("a recipe `data: {skip_bad_rows: true}`")

    made = prepared(tmp_path / name, tmp_path / "data", skip_bad_rows=True)
    assert made.manifest.rows["train"] == 3
    skipped = made.manifest.summary["skipped"]["train"]
    assert skipped["rows"] == 3
    for line, what, said in zip(lines, wrong, skipped["first"], strict=True):
        assert said.startswith(f"{tmp_path / name}, line {line}: ")
        assert what in said
