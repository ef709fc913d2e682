"""What characters are to those beside them."""

import pytest

from edgeft.runtime.characters import bare


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (" a b\u200b\n", "a b"),
        ("\u200eParis\x00", "Paris"),
        ("Zoe\u0308 ", "Zoe\u0308"),
        ("ന\u0d4d\u200d ", "ന\u0d4d\u200d"),
        (" \u200b", ""),
        ("", ""),
    ],
)
def test_what_is_not_seen_around_a_part_is_no_part_of_it(text: str, seen: str) -> None:
    start, end = bare(text, 0, len(text))
    assert text[start:end] == seen
