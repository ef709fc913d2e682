"""A text as the units that augmenters change, and back again."""

import re

from edgeft.letters import MARKS, WIDE_MARKS, WORD
from edgeft.runtime import characters, units

NO_SPACES = units.NO_SPACES
"""characters of scripts that put no spaces between words: each is a unit of its own"""
UNIT = re.compile(rf" ?(?:[{NO_SPACES}]|[{WIDE_MARKS}]+|[^ {NO_SPACES}{WIDE_MARKS}]+)")
WORDS = re.compile(WORD)
ON_LETTERS = MARKS
"""vowels, tones and accents that are written onto the letter before them"""
INSIDE = re.compile(rf"\w(?:.*\w)?[{MARKS}]*")
APART = re.compile(rf" ?[{NO_SPACES}{WIDE_MARKS}]+")
BEFORE = frozenset("เแโใไເແໂໃໄ")
"""vowels of Thai and Lao that are written before the consonant that they belong to"""
AFTER = frozenset("ะาำๅๆฯະາຳໆ")
"""vowels and signs of Thai and Lao that are written after it, and belong to it"""
STACKING = frozenset("\u1039\u17d2")
"""signs of Burmese and Khmer that put the next consonant below"""


def is_mark(unit: str) -> bool:
    """Whether a unit is a vowel or tone that is written onto the character before it."""
    return len(unit) == 1 and characters.is_mark(unit)


def belongs(unit: str, before: str) -> bool:
    """Whether a character is no unit of its own: one without the other cannot be read.

    The character clusters of Theeramunkong et al. 2000 (Thai), without their longer ones.
    """
    return unit in AFTER or is_mark(unit) or before.lstrip() in BEFORE or before[-1] in STACKING


def units_of(text: str) -> list[str]:
    """Words, and single characters where a script has no spaces; a space before one belongs to it.

    Full-width punctuation stands apart from the words beside it. Other white space, and more than
    one space, count as one space.
    """
    if text.isascii():  # ten times as fast
        words = text.split()
        return words[:1] + [f" {word}" for word in words[1:]]
    found: list[str] = []
    for unit in UNIT.findall(" ".join(text.split())):
        if found and unit[0] != " " and APART.fullmatch(unit) and belongs(unit, found[-1]):
            found[-1] += unit
        else:
            found.append(unit)
    return found


def words_of(text: str) -> list[str]:
    """The words of a text without its punctuation; characters where a script has no spaces."""
    return WORDS.findall(text)


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
    found = INSIDE.search(unit)
    return found.group() if found else ""
