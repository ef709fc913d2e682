"""What a word is, in scripts that Python's own idea of one does not fit."""

import re

import pytest

from edgeft.columns import columns_of, padded
from edgeft.letters import LETTERS, WORD


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("房间很好，WiFi也快！", ["房", "间", "很", "好", "WiFi", "也", "快"]),
        ("この本、３冊", ["こ", "の", "本", "３", "冊"]),
        ("ที่นี่ 2 วัน", ["ที่", "นี่", "2", "วั", "น"]),
        ("कमरा साफ था, लेकिन ठंडा।", ["कमरा", "साफ", "था", "लेकिन", "ठंडा"]),
        ("الفندق نَظِيف", ["الفندق", "نَظِيف"]),
        ("호텔이 깨끗했어요", ["호텔이", "깨끗했어요"]),
        ("I don't know my_card2", ["I", "don", "t", "know", "my_card2"]),
    ],
)
def test_words_are_whole_and_stand_apart_in_every_script(text: str, words: list[str]) -> None:
    assert re.findall(WORD, text) == words


def test_a_word_of_letters_ends_at_a_digit() -> None:
    assert re.findall(LETTERS, "खाना2 my_card7 三4") == ["खाना", "my", "card", "三"]


def test_wide_characters_take_two_columns_of_a_terminal_and_marks_none() -> None:
    assert [columns_of(text) for text in ("label", "好评", "ที่นี่", "Ａ1")] == [5, 4, 2, 3]
    assert padded("好评", 6) + "|" == "好评  |"
