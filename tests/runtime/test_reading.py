import pytest

from edgeft.runtime.reading import overlap, units_of_windows
from edgeft.runtime.units import unit_starts


def windows_of(tokens: list, room: int, shared: int) -> list:
    """Tokens, (span, word) each, in windows with a special token at both ends, as tokenizers do."""
    special = ((0, 0), None)
    found = []
    start = 0
    while True:
        part = [special, *tokens[start : start + room], special]
        found.append(([span for span, _ in part], [word for _, word in part]))
        if start + room >= len(tokens):
            return found
        start += room - shared


@pytest.mark.parametrize("room", [9, 10, 13, 40])
@pytest.mark.parametrize("length", [1, 2, 9, 10, 11, 29, 100])
@pytest.mark.parametrize("word", [1, 3, 25])
def test_every_unit_stands_in_one_window_and_none_is_lost(room, length, word):
    text = "abc" * length
    tokens = [((3 * place, 3 * place + 3), place // word) for place in range(length)]
    whole = unit_starts(text, [span for span, _ in tokens], [number for _, number in tokens])[1]
    shared = overlap(room + 2)
    windows = windows_of(tokens, room, shared)
    found = units_of_windows(text, windows, shared)
    assert [span for _, spans in found for span in spans] == whole
    for (offsets, words), (places, spans) in zip(windows, found, strict=True):
        for place, (start, _) in zip(places, spans, strict=True):
            assert offsets[place][0] == start
            assert words[place] is not None


def test_a_unit_is_read_where_more_of_the_text_is_around_it():
    tokens = [((2 * place, 2 * place + 1), place) for place in range(30)]
    shared = overlap(22)  # 5 of 20 tokens
    found = units_of_windows("a " * 30, windows_of(tokens, 20, shared), shared)
    assert [len(places) for places, _ in found] == [17, 13]


def test_windows_that_are_too_short_share_nothing():
    assert [overlap(length) for length in (2, 8, 9, 16, 64)] == [0, 0, 1, 4, 16]
