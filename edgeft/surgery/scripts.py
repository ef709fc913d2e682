"""Which characters a vocabulary needs: those of the scripts that its texts are written in."""

import string
import unicodedata
from collections.abc import Iterable

ALWAYS = frozenset(string.printable)
MARKS_OF_ANY_SCRIPT = ("P", "Sc")
"""Unicode categories that texts of every script use: punctuation and signs of currency"""


def script_of(character: str) -> str:
    """The script of a letter or mark, as its Unicode name begins: LATIN, CYRILLIC, CJK.

    Empty for all that belongs to no script, such as digits, signs and emoji.
    """
    if unicodedata.category(character)[0] not in "LM":
        return ""
    return unicodedata.name(character, "").split(" ")[0]


def same_scripts(seen: Iterable[str], known: Iterable[str]) -> set[str]:
    """The characters of `known` that texts like those with the characters `seen` may hold.

    They are what was seen, ASCII, punctuation, signs of currency, and every letter and mark of a
    script that was seen.
    """
    seen = set(seen)
    scripts = {script_of(each) for each in seen} - {""}
    return (seen | ALWAYS) & set(known) | {
        each
        for each in known
        if unicodedata.category(each).startswith(MARKS_OF_ANY_SCRIPT) or script_of(each) in scripts
    }
