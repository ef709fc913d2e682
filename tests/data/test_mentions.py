from random import Random

import pytest

from edgeft.data.mentions import (
    Mention,
    changed_mentions,
    in_its_place,
    marked,
    remade,
    text_with_spans,
)
from edgeft.data.units import text_of, units_of
from edgeft.tasks.spans import Span

TEXTS = [
    ("Ann  Lee,\tof New York!", [Span(0, 8, "person"), Span(13, 21, "place")]),
    ("我住在上海市。", [Span(3, 6, "place")]),
    ("in Paris/London and Rome", [Span(3, 8, "a"), Span(9, 15, "a"), Span(20, 24, "b")]),
    ("nothing here", []),
    ("กรุงเทพ เป็นเมือง", [Span(0, 7, "place")]),
    ("", []),
    ("x 北京 and Cafe\u0301 du Monde", [Span(2, 4, "place"), Span(9, 23, "shop")]),
]


@pytest.mark.parametrize(("text", "spans"), TEXTS)
def test_units_make_the_text_again_with_its_parts(text, spans):
    units = marked(text, spans)
    made, found = text_with_spans(units)
    assert made == text_of(units_of(text))
    assert [(made[each.start : each.end], each.type) for each in found] == [
        (" ".join(text[each.start : each.end].split()), each.type) for each in spans
    ]


def test_what_is_labelled_stays_in_one_unit():
    units = marked(*TEXTS[0])
    assert units == ["Ann Lee,", " of", " New York!"]
    assert [type(unit) for unit in units] == [Mention, str, Mention]
    assert marked(*TEXTS[2]) == ["in", " Paris/London", " and", " Rome"]


def test_a_changed_unit_keeps_its_part():
    before = Mention(' "Rome",', (Span(2, 6, "place"),))
    made = remade(' "Rmoe",', before)
    assert made[made.parts[0].start : made.parts[0].end] == "Rmoe"
    other = remade(" Milan", before)
    assert other[other.parts[0].start : other.parts[0].end] == "Milan"


def test_spared_parts_and_several_in_a_unit_are_put_back():
    units = marked(*TEXTS[2])
    changed = [units[0], " Paris", units[2], " Bonn"]
    assert changed_mentions(changed, units, spared=False) == [units[0], units[1], units[2], " Bonn"]
    assert changed_mentions(changed, units, spared=True) == units


def test_units_may_be_left_out_and_change_places():
    units = marked(*TEXTS[0])
    random = Random(0)
    for _ in range(20):
        some = random.sample(units, 2)
        text, spans = text_with_spans(changed_mentions(some, units, spared=False))
        assert {text[each.start : each.end] for each in spans} <= {"Ann Lee", "New York"}


@pytest.mark.parametrize(
    ("text", "spans", "masked"),
    [
        ("to (Bonn) now", [Span(4, 8, "place")], "to ([MASK]) now"),
        ("Ann\u2019s car", [Span(0, 3, "person")], "[MASK]\u2019s car"),
    ],
)
def test_a_word_in_the_place_of_a_part_keeps_what_stands_around_it(text, spans, masked):
    units = marked(text, spans)
    changed = [
        in_its_place(each, "[MASK]") if isinstance(each, Mention) else each for each in units
    ]
    found, parts = text_with_spans(changed_mentions(changed, units, spared=False))
    assert found == masked
    assert [found[each.start : each.end] for each in parts] == ["[MASK]"]
    kept, _ = text_with_spans(changed_mentions(changed, units, spared=True))
    assert kept == text
