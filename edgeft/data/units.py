"""A text as the units that augmenters change, and back again."""

import re

from edgeft.runtime import units

NO_SPACES = units.NO_SPACES
"""characters of scripts that put no spaces between words: each is a unit of its own"""
UNIT = re.compile(rf" ?(?:[{NO_SPACES}]|[^ {NO_SPACES}]+)")
WORD = re.compile(r"\w(?:.*\w)?")
APART = re.compile(rf" ?[{NO_SPACES}]+")


def is_mark(unit: str) -> bool:
    """Whether a unit is a vowel or tone that is written onto the character before it."""
    return len(unit) == 1 and units.is_mark(unit)


def units_of(text: str) -> list[str]:
    """Words, and single characters where a script has no spaces; a space before one belongs to it.

    Other white space, and more than one space, count as one space.
    """
    if text.isascii():  # ten times as fast
        words = text.split()
        return words[:1] + [f" {word}" for word in words[1:]]
    found: list[str] = []
    for unit in UNIT.findall(" ".join(text.split())):
        if found and is_mark(unit):
            found[-1] += unit
        else:
            found.append(unit)
    return found


def text_of(units: list[str]) -> str:
    """The text that units make; two words that have lost the space between them get one."""
    joined = "".join(units)
    if joined.isascii():  # each word joins the next
        return " ".join([unit.removeprefix(" ") for unit in units]).strip()
    found: list[str] = []
    for unit in units:
        apart = found and not unit.startswith(" ") and joins(found[-1]) and joins(unit)
        found.append(f" {unit}" if apart else unit)
    return "".join(found).strip()


def joins(unit: str) -> bool:
    """Whether a unit would run into a word beside it."""
    return APART.fullmatch(unit) is None


def amount(words: int, rate: float) -> int:
    """How many of so many words are changed: at least one."""
    return max(1, round(words * rate))


def replaced(unit: str, word: str) -> str:
    """A word in the place of a unit, with the space that the unit had before it."""
    return f" {word}" if unit.startswith(" ") else word


def word_in(unit: str) -> str:
    """A unit without the space before it and the punctuation around it."""
    found = WORD.search(unit)
    return found.group() if found else ""
