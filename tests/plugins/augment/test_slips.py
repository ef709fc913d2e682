"""Slips change a letter or two inside a word, as their kind makes people expect."""

from random import Random

import pytest

from edgeft.data.mentions import Mention
from edgeft.data.units import text_of, units_of
from edgeft.tasks.spans import Span
from edgeft_augment.slips import BESIDE, LOOK_ALIKE, SLIPS, keyboard, ocr, slipping, spelling

TEXT = "Where is the replacement card that I have ordered last Monday?"


def random(seed: int = 0) -> Random:
    return Random(seed)


def test_neighbours_on_a_keyboard_touch() -> None:
    assert set(BESIDE["s"]) == set("awedxz")
    assert set(BESIDE["q"]) == set("wa")
    assert all(one in BESIDE[other] for one, others in BESIDE.items() for other in others)


@pytest.mark.parametrize("seed", range(10))
def test_a_finger_hits_one_key_beside_and_keeps_the_case(seed: int) -> None:
    found = keyboard("Monday", random(seed))
    ((before, after),) = [
        (one, other) for one, other in zip("Monday", found, strict=True) if one != other
    ]
    assert after.lower() in BESIDE[before.lower()]
    assert after.isupper() == before.isupper()


@pytest.mark.parametrize("seed", range(10))
def test_a_scanner_reads_what_looks_alike(seed: int) -> None:
    found = ocr("modern", random(seed))
    candidates = {
        "modern"[:place] + LOOK_ALIKE[seen] + "modern"[place + len(seen) :]
        for seen in LOOK_ALIKE
        for place in range(6)
        if "modern".startswith(seen, place)
    }
    assert found in candidates


@pytest.mark.parametrize("seed", range(10))
def test_spelling_keeps_the_first_letter(seed: int) -> None:
    found = spelling("ordered", random(seed))
    assert found[0] == "o"
    assert abs(len(found) - 7) <= 1
    assert set(found) <= set("ordered")


@pytest.mark.parametrize("kind", sorted(SLIPS))
def test_a_share_of_the_words_slips_and_the_others_stay(kind: str) -> None:
    units = units_of(TEXT)
    found = slipping([kind])(units, 0.2, random())
    changed = [(one, two) for one, two in zip(units, found, strict=True) if one != two]
    assert 1 <= len(changed) <= 2
    assert text_of(found).count(" ") == TEXT.count(" ")
    assert all(len(one.strip()) >= 3 for one, _ in changed)


def test_short_words_and_other_scripts_stay_as_they_are() -> None:
    for text in ("I am at it", "我的卡在哪里"):
        units = units_of(text)
        assert slipping(["keyboard", "ocr", "spelling"])(units, 1.0, random()) == units


@pytest.mark.parametrize("seed", range(10))
def test_a_letter_keeps_what_is_written_onto_it(seed: int) -> None:
    found = spelling("ve\u0301lo\u0301s", random(seed))
    pairs = {found[place : place + 2] for place in range(len(found) - 1)}
    assert not pairs & {"v\u0301", "l\u0301", "s\u0301", "\u0301\u0301"}
    assert not found.startswith("\u0301")


@pytest.mark.parametrize("text", ["สมชายไปเชียงใหม่กับเพื่อน", "今天天气很好吗朋友们"])
def test_scripts_without_spaces_stay_as_they_are(text: str) -> None:
    named = Mention(text, (Span(0, len(text), "person"),))
    for seed in range(5):
        assert slipping(list(SLIPS))([named], 1.0, random(seed)) == [text]
