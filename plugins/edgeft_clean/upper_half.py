"""Texts of other scripts that were read as Latin-1: Ïðèâåò for Привет, ÄãºÃ for 你好.

Their bytes lie in the upper half, where Latin-1 has its letters with marks. Languages write few
words of these alone, and none has all the letters that such a word is made of. That its bytes are
a word of another script too is no proof by itself: nearly all bytes are Cyrillic letters.
"""

import re

from edgeft.surgery.scripts import script_of
from edgeft_clean.code_pages import JAPANESE, bytes_of, in_one_case
from edgeft_clean.western import BEHIND

BYTES = bytes_of("cp1252")
MARKED = frozenset(map(chr, range(0xDF, 0x100))) - {"÷"}
"""the small letters of Latin-1 that ASCII does not have"""
WORD = re.compile(f"(?<![^\\W\\d_])[{re.escape(''.join(map(chr, BYTES)))}]{{3,}}(?![^\\W\\d_])")
"""a row of signs of the upper half that no other letter stands beside"""
FEWEST = 2
"""letters that tell whether a language has them all"""
ALPHABETS = tuple(
    map(
        frozenset,
        (
            "äöüß",  # German
            "àâæçèéêëîïôùûüÿ",  # French
            "áçéíñóúü",  # Spanish
            "àáâãçèéêíòóôõúü",  # Portuguese
            "àçèéìíîïòóùúü",  # Italian and Catalan
            "äéëèêïíóöúü",  # Dutch
            "àáäåæèéêóôöøü",  # Danish, Norwegian and Swedish
            "áæéíðóöøúýþ",  # Icelandic and Faroese
            "áäéíóôöúüý",  # Czech, Slovak and Hungarian
            "äõöü",  # Estonian and Finnish
            "âçîöûü",  # Turkish
            "àáâãèéêìíòóôõùúý",  # Vietnamese
        ),
    )
)
"""of what languages write, the letters of Latin-1"""
ENCODINGS = {
    "cp1251": {"CYRILLIC"},
    "koi8_r": {"CYRILLIC"},
    "iso8859_5": {"CYRILLIC"},
    "cp1253": {"GREEK"},
    "cp1255": {"HEBREW"},
    "cp1256": {"ARABIC"},
    "cp874": {"THAI"},
    "gbk": {"CJK"},
    "euc_kr": {"HANGUL"},
    "euc_jp": JAPANESE,
}
"""what a text may be in, and the script that it is then written in"""


def read_as_accents(text: str) -> bool:
    """Whether some word of a text is made of letters that no language has, and is another one."""
    words = (word.strip("".join(BEHIND)) for word in WORD.findall(text))
    return any(is_strange(word) and is_of_another_script(word) for word in words)


def is_strange(word: str) -> bool:
    """Whether the letters of a word are all of the upper half, and of no one alphabet."""
    letters = MARKED.intersection(word.lower())
    return (
        len(word) > FEWEST and len(letters) >= FEWEST and not any(map(letters.issubset, ALPHABETS))
    )


def is_of_another_script(word: str) -> bool:
    """Whether the bytes of a word are letters of one script in some encoding."""
    found = word.translate(BYTES).encode("latin-1")
    for encoding, scripts in ENCODINGS.items():
        read = found.decode(encoding, errors="replace")
        written = {script_of(sign) for sign in read} - {""}
        if "\ufffd" not in read and written and written <= scripts and in_one_case(read):
            return True
    return False
