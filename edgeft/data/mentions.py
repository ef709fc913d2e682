"""Texts whose parts have a type, as units that augmenters change, and back again with their parts.

What is labelled stays in one unit, so that it is moved, repeated or left out as a whole.
"""

import re
from collections.abc import Sequence

from edgeft.data.units import NO_SPACES, belongs, joins, replaced, word_in
from edgeft.tasks.spans import Span

UNIT = re.compile(rf"(\s*)([{NO_SPACES}]|[^\s{NO_SPACES}]+)")


class Mention(str):
    """A unit that holds labelled parts; `parts` says which of its characters they are."""

    __slots__ = ("parts",)
    parts: tuple[Span, ...]

    def __new__(cls, text: str, parts: tuple[Span, ...]) -> "Mention":
        made = super().__new__(cls, text)
        made.parts = parts
        return made


def marked(text: str, spans: Sequence[Span]) -> list[str]:
    """The units of a text as `units_of` gives them, those of labelled parts in one Mention each."""
    found: list[str] = []
    places: list[tuple[int, int]] = []
    for match in UNIT.finditer(text):
        blank, body = match.groups()
        if found and not blank and belongs(body, found[-1]):
            found[-1] += body
            places[-1] = (places[-1][0], match.end(2))
        else:
            found.append(f" {body}" if blank and found else body)
            places.append(match.span(2))
    units: list[str] = []
    remaining = sorted(spans)
    place = 0
    while place < len(found):
        start, end = places[place]
        inside: list[Span] = []
        last = place
        while remaining and remaining[0].start < end:
            inside.append(remaining.pop(0))
            while last + 1 < len(found) and places[last + 1][0] < inside[-1].end:
                last += 1
            end = places[last][1]
        whole = "".join(found[place : last + 1])
        units.append(mention(whole, text[start:end], start, inside) if inside else whole)
        place = last + 1
    return units


def mention(unit: str, text: str, start: int, spans: Sequence[Span]) -> Mention:
    """The unit of a stretch of text that begins at `start`, with its labelled parts."""
    before = unit.startswith(" ")

    def place(at: int) -> int:
        return len(" ".join(f"{text[:at]}.".split())) - 1 + before

    parts = [Span(place(each.start - start), place(each.end - start), each.type) for each in spans]
    return Mention(unit, tuple(parts))


def changed_mentions(units: Sequence[str], given: Sequence[str], *, spared: bool) -> list[str]:
    """The units that noise made of those `given`, a Mention where one of these was changed.

    Noise that changes units keeps their number, and others keep the units themselves. With
    `spared`, a Mention that was changed is put back; so is one that holds several parts.
    """
    found = list(units)
    if len(units) != len(given):
        return found
    for place, (unit, before) in enumerate(zip(units, given, strict=True)):
        if isinstance(before, Mention) and not any(unit is each for each in given):
            if spared or len(before.parts) > 1:
                found[place] = before
            elif not isinstance(unit, Mention):
                found[place] = remade(unit, before)
    return found


def in_its_place(unit: str, word: str) -> str:
    """A word in the place of a unit, or of the labelled part in it: what stands around it stays."""
    if not isinstance(unit, Mention) or len(unit.parts) != 1:
        return replaced(unit, word)
    (part,) = unit.parts
    whole = f"{unit[: part.start]}{word}{unit[part.end :]}"
    return Mention(whole, (Span(part.start, part.start + len(word), part.type),))


def remade(unit: str, before: Mention) -> Mention:
    """A changed unit with its part: all but what stood around it, or its word."""
    (part,) = before.parts
    head, tail = before[: part.start], before[part.end :]
    start, end = len(head), len(unit) - len(tail)
    if not (unit.startswith(head) and unit.endswith(tail) and start < end):
        word = word_in(unit) or unit.strip()
        start = unit.index(word)
        end = start + len(word)
    return Mention(unit, (Span(start, end, part.type),))


def text_with_spans(units: Sequence[str]) -> tuple[str, list[Span]]:
    """The text that units make, as `text_of` does, and its labelled parts."""
    text = ""
    spans: list[Span] = []
    last = ""
    for unit in units:
        blank = unit.startswith(" ")
        apart = bool(text) and (blank or (joins(last) and joins(unit)))
        start = len(text) + apart - blank
        text += f"{' ' if apart else ''}{unit[blank:]}"
        if isinstance(unit, Mention):
            spans += [Span(start + each.start, start + each.end, each.type) for each in unit.parts]
        last = unit
    return text, spans
