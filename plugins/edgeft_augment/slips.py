"""Slips inside words: of fingers on a keyboard, of character recognition, of spelling.

They make a model read what people type and scanners send, and teach nothing about meaning.
"""

from collections.abc import Callable

import numpy as np

from edgeft.data.units import amount, replaced
from edgeft_augment.noise import Noise

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""of a keyboard, each half a key to the right of the one above"""
LOOK_ALIKE = {
    "rn": "m", "m": "rn", "cl": "d", "d": "cl", "vv": "w", "w": "vv", "0": "o", "o": "0",
    "1": "l", "l": "1", "i": "l", "5": "s", "s": "5", "8": "b", "b": "8", "e": "c", "c": "e",
    "h": "b", "6": "b", "g": "q", "q": "g", "u": "v", "v": "u", "2": "z", "z": "2",
}  # fmt: skip
"""what character recognition reads as what"""
SHORTEST = 3
"""letters of a word that may slip: in shorter ones little is left to know it by"""

Slip = Callable[[str, np.random.Generator], str]


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


def keyboard(word: str, random: np.random.Generator) -> str:
    """The word with one letter that is beside the right one on a keyboard."""
    places = [place for place, letter in enumerate(word) if letter.lower() in BESIDE]
    if not places:
        return word
    place = places[random.integers(len(places))]
    keys = BESIDE[word[place].lower()]
    key = keys[random.integers(len(keys))]
    return word[:place] + (key.upper() if word[place].isupper() else key) + word[place + 1 :]


def ocr(word: str, random: np.random.Generator) -> str:
    """The word with one sign, or two, read as what looks like it."""
    lower = word.lower()
    found = [
        (place, seen)
        for seen in LOOK_ALIKE
        for place in range(len(word))
        if lower.startswith(seen, place)
    ]
    if not found:
        return word
    place, seen = found[random.integers(len(found))]
    return word[:place] + LOOK_ALIKE[seen] + word[place + len(seen) :]


def spelling(word: str, random: np.random.Generator) -> str:
    """The word with a letter left out, doubled, or exchanged with the next; never its first."""
    place = int(random.integers(1, len(word) - 1))
    kind = random.integers(3)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place] + word[place:]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


SLIPS: dict[str, Slip] = {"keyboard": keyboard, "ocr": ocr, "spelling": spelling}


def slipping(kinds: list[str]) -> Noise:
    """The change that lets a share of the words slip, each by one of the kinds."""
    slips = [SLIPS[kind] for kind in kinds]

    def slip(words: list[str], rate: float, random: np.random.Generator) -> list[str]:
        long = [place for place, word in enumerate(words) if letters(word) >= SHORTEST]
        count = min(amount(len(words), rate), len(long))
        if count < 1:
            return words
        changed = set(random.choice(long, count, replace=False).tolist())
        return [
            replaced(word, slips[random.integers(len(slips))](word.strip(), random))
            if place in changed
            else word
            for place, word in enumerate(words)
        ]

    return slip


def letters(word: str) -> int:
    """How many letters and digits a word has."""
    return sum(character.isalnum() for character in word)
