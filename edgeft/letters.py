"""What letters and words are in any script, as sets of characters for regular expressions.

Python itself counts letters and digits alone as parts of a word: the vowels of Hindi and Thai that
are written onto a letter end a word there, and a Chinese clause is one long word.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from edgeft.runtime.units import LETTER, NO_SPACES

LAST = 0x12000
"""of the characters that are looked at: the scripts of living languages lie below"""


def ranges(codes: Iterable[int]) -> Iterator[str]:
    """Sorted characters as runs of a regular expression's set."""
    for _, run in groupby(enumerate(codes), lambda each: each[1] - each[0]):
        members = [code for _, code in run]
        yield f"{chr(members[0])}-{chr(members[-1])}"


VARIATIONS = range(0xFE00, 0xFE10)
"""signs that choose between two drawings of an emoji"""
MARKS = "".join(
    ranges(
        code
        for code in range(LAST)
        if code not in VARIATIONS and unicodedata.category(chr(code)) in ("Mn", "Mc")
    )
)
"""vowels, tones and accents that are written onto the letter before them"""
OPTIONAL = "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
"""vowels of Hebrew and Arabic that most texts leave out, and the stroke that makes a word longer"""
WIDE_MARKS = "\u3001-\u3004\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
"""full-width punctuation: it stands between words, and takes no space"""
ALONE = rf"[{NO_SPACES}](?<![{MARKS}])[{MARKS}]*"
"""a character of a script that puts no spaces between words, with what is written onto it"""
WORD = rf"{ALONE}|{LETTER}(?:[{MARKS}](?<![{NO_SPACES}])|{LETTER})*"
"""a word: letters and digits, or one character of a script that puts no spaces between words"""
LETTERS = rf"{ALONE}|[^\W\d_{NO_SPACES}](?:[{MARKS}](?<![{NO_SPACES}])|[^\W\d_{NO_SPACES}])*"
"""a word without digits"""
