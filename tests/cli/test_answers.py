"""Every kind of answer as lines, for people and for programs."""

import csv
import json

import numpy as np
import pytest

from edgeft.cli.answers import Answered, answered, counted, lines_in
from edgeft.cli.asked import in_columns, in_pairs
from edgeft.errors import DataError, OutputError
from edgeft.progress import Silence
from edgeft.runtime import Answer, Entity, Excerpt
from edgeft.tasks.token_classification.conll import read_conll
from edgeft.tasks.token_classification.rows import spans_of
from edgeft.tasks.tokens import text_of

CARD, FEE = Answer("card", 0.75), Answer("fee", 0.5)
LONDON = Entity("place", "London", 3, 9, 0.9)
KINDS = {
    "one label": ("a\ttext", [CARD], 1),
    "two labels": ("a text", [CARD, FEE], 2),
    "several labels": ("a text", [CARD, FEE], 0),
    "no label": ("a text", [], 0),
    "a number": (("a text", "its second"), 2.5, 0),
    "entities": ("in London", [LONDON], 0),
    "an excerpt": (("where?", "in New\nYork"), Excerpt("New\nYork", 3, 11, 0.9), 0),
    "no excerpt": (("who?", "in London"), Excerpt("", 0, 0, 0.75), 0),
}


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("one label", "card\t0.7500\ta text\n"),
        ("two labels", "card\t0.7500\tfee\t0.5000\ta text\n"),
        ("several labels", "card\t0.7500\tfee\t0.5000\ta text\n"),
        ("no label", "-\ta text\n"),
        ("a number", "2.5000\ta text\tits second\n"),
        ("an excerpt", "New York\t3\t11\t0.9000\twhere?\tin New York\n"),
        ("no excerpt", "-\t0\t0\t0.7500\twho?\tin London\n"),
    ],
)
def test_people_read_answers_before_their_text(kind: str, line: str) -> None:
    given, answer, top_k = KINDS[kind]
    assert list(lines_in(None)([Answered(given, answer)], top_k)) == [line]


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("one label", {"label": "card", "probability": 0.75}),
        ("no label", {"label": [], "answers": []}),
        ("an excerpt", {"answer": "New\nYork", "start": 3, "end": 11, "score": 0.9}),
        ("a number", {"text": "a text", "pair": "its second", "score": 2.5}),
        (
            "entities",
            {
                "label": [[3, 9, "place"]],
                "answers": [
                    {"label": "place", "text": "London", "start": 3, "end": 9, "score": 0.9}
                ],
            },
        ),
    ],
)
def test_programs_read_an_object_a_line(kind: str, parts: dict) -> None:
    given, answer, top_k = KINDS[kind]
    (line,) = lines_in(".jsonl")([Answered(given, answer)], top_k)
    found = json.loads(line)
    assert {name: found[name] for name in parts} == parts


def test_a_csv_has_the_columns_of_its_kind_of_answer() -> None:
    given, answer, top_k = KINDS["several labels"]
    header, row = csv.reader(lines_in(".csv")([Answered(given, answer)], top_k))
    assert header == ["text", "label", "answers"]
    assert json.loads(row[1])[1] == "fee"
    assert json.loads(row[2])[1] == {"label": "fee", "probability": 0.5}
    given, answer, top_k = KINDS["a number"]
    assert list(csv.reader(lines_in(".csv")([Answered(given, answer)], top_k))) == [
        ["text", "pair", "score"],
        ["a text", "its second", "2.500000"],
    ]


def test_a_csv_has_a_column_for_each_part_of_an_excerpt() -> None:
    given, answer, top_k = KINDS["an excerpt"]
    assert list(csv.reader(lines_in(".csv")([Answered(given, answer)], top_k))) == [
        ["text", "pair", "answer", "start", "end", "score"],
        ["where?", "in New\nYork", "New\nYork", "3", "11", "0.900000"],
    ]


def test_a_vector_is_a_list_of_numbers() -> None:
    (line,) = lines_in(".jsonl")([Answered("a text", np.array([0.6, 0.8], np.float32))], 0)
    assert json.loads(line)["vector"] == pytest.approx([0.6, 0.8], abs=1e-6)


def test_texts_are_taken_two_by_two() -> None:
    assert list(in_pairs(["a", "b", "c", "d"])) == [("a", "b"), ("c", "d")]
    assert list(in_columns(["a", "b\tx", "c", "d"])) == [("a", "b\tx"), ("c", "d")]
    assert list(in_columns(["a\tb", "c\td"])) == [("a", "b"), ("c", "d")]
    assert list(in_columns([])) == []
    for line in ("e", "e\tf\tg"):
        with pytest.raises(DataError, match="stdin, line 2: "):
            list(in_columns(["a\tb", line]))
    with pytest.raises(DataError, match="the last one is alone"):
        list(in_pairs(["a", "b", "c"]))


def test_texts_are_counted_and_not_the_lines_that_they_become() -> None:
    class Counting(Silence):
        seen = 0

        def advance(self, amount: int = 1, **figures: float) -> None:
            self.seen += amount

    bar = Counting()
    rows = counted([Answered("a text", []), Answered("in London", [LONDON])], bar)
    assert len(list(lines_in(".conll")(rows, 0))) == 6  # four words, and an empty line each
    assert bar.seen == 2


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("bio", ["O", "B-place", "I-place", "I-place", "O", "B-org"]),
        ("bioes", ["O", "B-place", "I-place", "E-place", "O", "S-org"]),
        ("io", ["O", "I-place", "I-place", "I-place", "O", "I-org"]),
    ],
)
def test_entities_are_written_as_tags_of_words(scheme: str, tags: list[str]) -> None:
    text = "in New  York\tCity: #acme."
    found = [Entity("place", "New  York\tCity", 3, 17, 0.9), Entity("org", "acme", 20, 24, 0.8)]
    lines = list(lines_in(".conll", scheme)([Answered(text.replace(":", " :"), found)], 0))
    assert lines[-1] == "\n"
    assert [line.split("\t") for line in lines[:-1]] == [
        [word, f"{tag}\n"]
        for word, tag in zip(["in", "New", "York", "City", ":", "#acme."], tags, strict=True)
    ]


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
def test_tags_that_are_written_are_read_again(scheme: str) -> None:
    text = "Ann Lee moved to Bonn"
    spans = [(0, 7, "person"), (17, 21, "place")]
    entities = [Entity(kind, text[start:end], start, end, 0.9) for start, end, kind in spans]
    lines = lines_in(".conll", scheme)([Answered(text, entities), Answered("nothing here", [])], 0)
    (_, first), (_, second) = read_conll("".join(lines).splitlines(True), ("text", "label"))
    assert [tuple(each) for each in spans_of(first[1], first[0])] == spans
    assert spans_of(second[1], second[0]) == []


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("我用 iPhone 手机，在上海。", [(3, 9, "thing"), (14, 16, "place")]),
        ("ฉันอยู่กรุงเทพ", [(7, 14, "place")]),
    ],
)
def test_tags_of_texts_without_spaces_are_those_of_characters(text: str, spans: list) -> None:
    entities = [Entity(kind, text[start:end], start, end, 0.9) for start, end, kind in spans]
    lines = lines_in(".conll")([Answered(text, entities)], 0)
    ((_, (tokens, tags)),) = read_conll("".join(lines).splitlines(True), ("text", "label"))
    assert text_of(tokens) == text
    assert [tuple(each) for each in spans_of(tags, tokens)] == spans


def test_labels_of_whole_texts_are_no_tags() -> None:
    given, answer, top_k = KINDS["one label"]
    with pytest.raises(OutputError, match="tags are of the parts of a text"):
        list(lines_in(".conll")([Answered(given, answer)], top_k))


def test_cells_that_are_kept_stand_before_the_text_and_never_take_an_answers_name() -> None:
    row = Answered("a text", [CARD], {"id": 7, "label": "fee", "tags": ["é", None], "note": None})
    assert list(lines_in(None)([row], 1)) == ["card\t0.7500\t7\tfee\t['é', None]\tNone\ta text\n"]
    assert [json.loads(line) for line in lines_in(".jsonl")([row], 1)] == [
        {"id": 7, "given_label": "fee", "tags": ["é", None], "note": None}
        | {"text": "a text", "label": "card", "probability": 0.75}
    ]
    assert list(csv.reader(lines_in(".csv")([row], 1))) == [
        ["id", "given_label", "tags", "note", "text", "label", "probability"],
        ["7", "fee", '["é", null]', "", "a text", "card", "0.750000"],
    ]


def test_two_columns_never_get_the_same_name() -> None:
    row = Answered("a text", [CARD], {"label": "x", "given_label": "y"})
    assert [json.loads(line) for line in lines_in(".jsonl")([row], 1)] == [
        {"given_label": "x", "given_given_label": "y"}
        | {"text": "a text", "label": "card", "probability": 0.75}
    ]


def test_as_many_answers_and_cells_as_texts_are_demanded() -> None:
    assert [each.kept for each in answered("abc", list, 2, [{"id": n} for n in range(3)])] == [
        {"id": 0}, {"id": 1}, {"id": 2}
    ]  # fmt: skip
    with pytest.raises(ValueError, match="shorter"):
        list(answered("abc", list, 2, [{"id": 0}]))
    with pytest.raises(ValueError, match="shorter"):
        list(answered("abc", lambda texts: texts[1:], 2))
