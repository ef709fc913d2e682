"""Which characters texts of some scripts need."""

import pytest

from edgeft.surgery.scripts import same_scripts, script_of

KNOWN = set("abéßдж中文한กâ€“£¥9½🙂")


@pytest.mark.parametrize(
    ("character", "script"),
    [("a", "LATIN"), ("é", "LATIN"), ("ж", "CYRILLIC"), ("中", "CJK"), ("한", "HANGUL")],
)
def test_a_letter_belongs_to_a_script(character: str, script: str) -> None:
    assert script_of(character) == script


@pytest.mark.parametrize("character", ["9", "½", "£", "“", "🙂", " "])
def test_digits_and_signs_belong_to_none(character: str) -> None:
    assert script_of(character) == ""


def test_english_keeps_every_latin_letter_and_no_other_script() -> None:
    assert same_scripts("ab", KNOWN) == set("abéßâ€“£¥9")


def test_chinese_keeps_every_chinese_character() -> None:
    assert same_scripts("中", KNOWN) == set("ab中文€“£¥9")


def test_what_was_seen_stays_whatever_it_is() -> None:
    assert "🙂" in same_scripts("🙂½", KNOWN)
    assert "½" in same_scripts("🙂½", KNOWN)
