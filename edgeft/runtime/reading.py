"""Texts that are longer than a model reads: windows that overlap, each answering for its middle."""

from collections.abc import Sequence

from edgeft.runtime.units import Span, unit_starts

SHARE = 4
"""a window shares a fourth of its tokens with the next"""
SPECIAL = 8
"""tokens that are left out of account for special ones"""

Window = tuple[Sequence[Span], Sequence[int | None]]
"""of each token its characters and its word; no word where it is no part of the text"""


def overlap(max_length: int) -> int:
    """The tokens that two neighbouring windows of `max_length` tokens share."""
    return max(0, min(max_length // SHARE, max_length - SPECIAL))


def units_of_windows(
    text: str, windows: Sequence[Window], shared: int
) -> list[tuple[list[int], list[Span]]]:
    """Of each window the tokens that speak for a unit of the text, and the units' characters.

    Each begins with the last `shared` tokens of the one before. Every unit of the text stands in
    one window alone: in that where more of the text is around its first token. So it does not
    matter to which units a text has whether it is read in one window or in many.
    """
    if len(windows) == 1:
        return [unit_starts(text, *windows[0])]
    inside = [
        [place for place, word in enumerate(words) if word is not None] for _, words in windows
    ]
    step = max(1, len(inside[0]) - shared)
    offsets: list[Span] = []
    words: list[int | None] = []
    for number, ((spans, own), places) in enumerate(zip(windows, inside, strict=True)):
        known = places[len(offsets) - number * step :]
        offsets += [spans[place] for place in known]
        words += [own[place] for place in known]
    found: list[tuple[list[int], list[Span]]] = [([], []) for _ in windows]
    for token, span in zip(*unit_starts(text, offsets, words), strict=True):
        number = min(max(0, (token - shared // 2) // step), len(windows) - 1)
        found[number][0].append(inside[number][token - number * step])
        found[number][1].append(span)
    return found
