from random import Random

import pytest

from edgeft.data.units import text_of, units_of, word_in
from edgeft_augment.noise import delete, masking, swap


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Where is  my\tcard?", ["Where", " is", " my", " card?"]),
        ("我的卡在哪里", list("我的卡在哪里")),
        ("my 卡 ok", ["my", " 卡", " ok"]),
        ("カード disabled", ["カ", "ー", "ド", " disabled"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("很好，WiFi快！！", ["很", "好", "，", "WiFi", "快", "！！"]),
        ("ไม่ใช่ นะ", ["ไม่", "ใช่", " นะ"]),
        ("खाना ठंडा था।", ["खाना", " ठंडा", " था।"]),
        ("", []),
    ],
)
def test_units_are_words_or_characters_of_scripts_without_spaces(
    text: str, units: list[str]
) -> None:
    assert units_of(text) == units
    assert text_of(units) == " ".join(text.split())


def test_words_that_lost_the_space_between_them_get_one() -> None:
    assert text_of([" is", "Where"]) == "is Where"
    assert text_of(["我", "Where", "卡"]) == "我Where卡"


def test_a_text_without_spaces_is_changed_in_parts() -> None:
    random = Random(0)
    units = units_of("我的卡在哪里呢请问")
    assert text_of(masking("[MASK]")(units, 0.2, random)).count("[MASK]") == 2
    assert len(text_of(delete(units, 0.2, random))) == 7
    assert sorted(text_of(swap(units, 0.2, random))) == sorted("我的卡在哪里呢请问")


def test_punctuation_of_full_width_needs_no_space_beside_a_word() -> None:
    assert text_of(["好", "WiFi", "，"]) == "好WiFi，"
    assert text_of(["，", "WiFi", "good"]) == "，WiFi good"


def test_a_word_keeps_the_vowels_that_are_written_onto_it() -> None:
    assert [word_in(unit) for unit in (" (खाना),", "ที่", "「好」", "...")] == ["खाना", "ที่", "好", ""]
