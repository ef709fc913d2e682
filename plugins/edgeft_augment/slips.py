"""Slips inside words: of fingers on a keyboard, of character recognition, of spelling.

They make a model read what people type and scanners send, and teach nothing about meaning.
"""

import re
from collections.abc import Callable
from functools import partial
from random import Random

from edgeft.data.units import NO_SPACES, ON_LETTERS, amount, replaced
from edgeft_augment.noise import Noise, below, one_of

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""of a keyboard, each half a key to the right of the one above"""
LOOK_ALIKE = {
    "rn": "m", "m": "rn", "cl": "d", "d": "cl", "vv": "w", "w": "vv", "0": "o", "o": "0",
    "1": "l", "l": "1", "i": "l", "5": "s", "s": "5", "8": "b", "b": "8", "e": "c", "c": "e",
    "h": "b", "6": "b", "g": "q", "q": "g", "u": "v", "v": "u", "2": "z", "z": "2",
}  # fmt: skip
"""what character recognition reads as what"""
PAIRS = [seen for seen in LOOK_ALIKE if len(seen) > 1]
SIGNS = re.compile(f".[{ON_LETTERS}]*", re.DOTALL)
"""a letter with what is written onto it"""
APART = re.compile(f"[{NO_SPACES}\u200c\u200d]")
"""of scripts without spaces, and what joins letters or parts them: such words are left alone"""
SHORTEST = 3
"""letters of a word that may slip: in shorter ones little is left to know it by"""

Slip = Callable[[str, Random], str]


def beside() -> dict[str, str]:
    """The keys that touch each key."""
    places = {
        letter: (column + 0.5 * row, row)
        for row, letters in enumerate(ROWS)
        for column, letter in enumerate(letters)
    }
    return {
        one: "".join(
            other
            for other, (x, y) in places.items()
            if other != one and abs(x - places[one][0]) <= 1 and abs(y - places[one][1]) <= 1
        )
        for one in places
    }


BESIDE = beside()


def keyboard(word: str, random: Random) -> str:
    """The word with one letter that is beside the right one on a keyboard."""
    lower = word.lower()
    found = [place for place, letter in enumerate(lower) if letter in BESIDE]
    if not found or len(lower) != len(word):
        return word
    place = one_of(found, random)
    key = one_of(BESIDE[lower[place]], random)
    return word[:place] + (key.upper() if word[place].isupper() else key) + word[place + 1 :]


def ocr(word: str, random: Random) -> str:
    """The word with one sign, or two, read as what looks like it."""
    lower = word.lower()
    found = [(place, letter) for place, letter in enumerate(lower) if letter in LOOK_ALIKE]
    for pair in PAIRS:
        if pair in lower:
            found += [(each.start(), pair) for each in re.finditer(pair, lower)]
    if not found or len(lower) != len(word):
        return word
    place, seen = one_of(found, random)
    return word[:place] + LOOK_ALIKE[seen] + word[place + len(seen) :]


def spelling(word: str, random: Random) -> str:
    """The word with a letter left out, doubled, or exchanged with the next; never its first.

    A letter goes with the vowels and accents that are written onto it.
    """
    signs = list(word) if word.isascii() else SIGNS.findall(word)
    if len(signs) < SHORTEST:
        return word
    place = 1 + below(len(signs) - 2, random)
    kind = below(3, random)
    if kind == 0:
        del signs[place]
    elif kind == 1:
        signs.insert(place, signs[place])
    else:
        signs[place : place + 2] = signs[place + 1], signs[place]
    return "".join(signs)


SLIPS: dict[str, Slip] = {"keyboard": keyboard, "ocr": ocr, "spelling": spelling}


def slip(words: list[str], rate: float, random: Random, *, kinds: list[str]) -> list[str]:
    """The words, of which a share slips, each by one of the kinds; short ones stay as they are."""
    found = list(words)
    left = amount(len(words), rate)
    order = list(range(len(words)))
    while left and order:  # each word once, drawn as it is needed (Fisher and Yates)
        drawn = below(len(order), random)
        order[drawn], order[-1] = order[-1], order[drawn]
        place = order.pop()
        if letters(words[place]) >= SHORTEST and not APART.search(words[place]):
            changed = SLIPS[one_of(kinds, random)](words[place].strip(), random)
            found[place] = replaced(words[place], changed)
            left -= 1
    return found


def slipping(kinds: list[str]) -> Noise:
    """The change that lets a share of the words slip, each by one of the kinds."""
    return partial(slip, kinds=kinds)


def letters(word: str) -> int:
    """How many letters and digits a word has."""
    return sum(map(str.isalnum, word))
