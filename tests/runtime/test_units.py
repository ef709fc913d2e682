"""Which parts of a text are answered one by one."""

import pytest
from tokenizers.pre_tokenizers import BertPreTokenizer

from edgeft.runtime.units import unit_starts


def units_of(text: str) -> list[str]:
    """The units of a text whose words BERT's pre-tokenizer finds."""
    offsets = [span for _, span in BertPreTokenizer().pre_tokenize_str(text)]
    _, spans = unit_starts(text, offsets, list(range(len(offsets))))
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Bonn's mayor.", ["Bonn", "'", "s", "mayor", "."]),
        ("thanks @rileysteele!", ["thanks", "@rileysteele", "!"]),
        ("@kayden_kross's #StarWars", ["@kayden_kross", "'", "s", "#StarWars"]),
        ("(see http://bit.ly/bgCyZ0).", ["(", "see", "http://bit.ly/bgCyZ0", ")", "."]),
        ("www.example.org/a-b/, yes", ["www.example.org/a-b/", ",", "yes"]),
        ("to ann.lee+x@mail.example.org.", ["to", "ann.lee+x@mail.example.org", "."]),
        ("AT&T @ Bonn # 5", ["AT", "&", "T", "@", "Bonn", "#", "5"]),
        ("#北京 很好", ["#", "北京", "很好"]),
        ("@", ["@"]),
        ("http://", ["http", ":", "/", "/"]),
    ],
)
def test_addresses_names_and_tags_are_one_word(text: str, units: list[str]) -> None:
    assert units_of(text) == units


@pytest.mark.parametrize(
    ("text", "offsets", "units"),
    [
        ("Zoe\u0308 left", [(0, 3), (5, 9)], ["Zoe\u0308", "left"]),
        ("Zoe\u0308n", [(0, 3), (3, 4), (4, 5)], ["Zoe\u0308", "n"]),  # a mark with its own token
        ("น\u0e31\u0e49 ❤\ufe0f", [(0, 1), (4, 5)], ["น\u0e31\u0e49", "❤\ufe0f"]),
        ("ന\u0d4d\u200d.", [(0, 1), (3, 4)], ["ന\u0d4d\u200d", "."]),
        ("a\u200eb", [(0, 1), (2, 3)], ["a", "b"]),
        ("서ᄋ\u116e\u11af.", [(0, 2), (4, 5)], ["서ᄋ\u116e\u11af", "."]),
        ("ﾌ\uff9eﾗ", [(0, 1), (2, 3)], ["ﾌ\uff9e", "ﾗ"]),
    ],
)
def test_marks_behind_a_token_are_of_its_unit(
    text: str, offsets: list[tuple[int, int]], units: list[str]
) -> None:
    _, spans = unit_starts(text, offsets, list(range(len(offsets))))
    assert [text[start:end] for start, end in spans] == units


@pytest.mark.parametrize(
    ("text", "offsets", "units"),
    [
        ("❤\ufe0fBonn", [(0, 1), (1, 2), (2, 6)], ["❤\ufe0f", "Bonn"]),
        ("Bonn🎉🎉!", [(0, 4), (4, 5), (5, 6), (6, 7)], ["Bonn", "🎉🎉", "!"]),
        ("👍🏽", [(0, 1), (1, 2)], ["👍🏽"]),
        ("👩\u200d👧a", [(0, 1), (1, 2), (2, 3), (3, 4)], ["👩\u200d👧", "a"]),
        ("🇩🇪Bonn", [(0, 1), (1, 2), (2, 6)], ["🇩🇪", "Bonn"]),
        ("Bonn,Lima", [(0, 4), (4, 5), (5, 9)], ["Bonn", ",", "Lima"]),
        ("Bonn-Lima", [(0, 4), (4, 9)], ["Bonn", "-Lima"]),
        ("$5", [(0, 1), (1, 2)], ["$", "5"]),
    ],
)
def test_signs_are_units_of_their_own_in_a_word(
    text: str, offsets: list[tuple[int, int]], units: list[str]
) -> None:
    _, spans = unit_starts(text, offsets, [0] * len(offsets))
    assert [text[start:end] for start, end in spans] == units


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Bonn🎉", "Bonn"),
        ("✈\ufe0fLima", "Lima"),
        ("🇩🇪Berlin\u0308❤\ufe0f", "Berlin\u0308"),
        ("🎉", "🎉"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("U.S.", "U.S."),
        ("C++", "C++"),
    ],
)
def test_emoji_around_the_letters_of_a_token_are_no_part_of_its_unit(text: str, unit: str) -> None:
    _, ((start, end),) = unit_starts(text, [(0, len(text))], [0])
    assert text[start:end] == unit


def test_a_long_run_of_letters_is_read_once() -> None:
    text = "a" * 200_000 + "@" + "b." * 50_000
    assert len(units_of(text)) > 1
