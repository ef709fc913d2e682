"""UTF-8 that was read in a code page: РџСЂРё for При, o├╣ for où, maĂ±ana for mañana.

That a whole row of signs beyond ASCII has bytes that are UTF-8 is nearly proof. Rows that were not
misread seldom have, such as Її, Ä…, x≈π, ├┤ and the ÚŽ of RŮŽE: a row is left alone where it is a
word as it stands, or where what it would be is none.
"""

import re
from dataclasses import dataclass
from string import ascii_letters

from edgeft.surgery.scripts import script_of
from edgeft_clean.western import BEHIND, JOINS

PAGES = (
    "cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "cp1257", "cp437", "cp850", "cp866",
    "iso8859_2", "koi8_r", "mac_roman",
)  # fmt: skip
RUN = re.compile("[^\x00-\x7f]{2,}")
"""a row of signs beyond ASCII"""
EMOJI = frozenset(map(chr, range(0x1F000, 0x1FB00)))
EUROPEAN = frozenset(
    sign
    for page in ("cp1250", "cp1252", "cp1254", "cp1257")
    for byte in range(0x80, 0x100)
    if (sign := bytes([byte]).decode(page, errors="ignore")).isalpha()
) | frozenset(map(chr, range(0x1EA0, 0x1EFA)))
"""the Latin letters with marks that languages of Europe write, and Vietnamese"""
ALONE = frozenset("àèéÀÈÉ")
"""of these, the ones that are words by themselves"""
JAPANESE = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"})
SCRIPTS = JAPANESE | {
    "ARABIC", "ARMENIAN", "BENGALI", "CYRILLIC", "DEVANAGARI", "GEORGIAN", "GREEK", "GUJARATI",
    "GURMUKHI", "HANGUL", "HEBREW", "KANNADA", "MALAYALAM", "SINHALA", "TAMIL", "TELUGU", "THAI",
}  # fmt: skip
"""what texts are written in, beside Latin"""
ALIKE = frozenset({"CYRILLIC", "GREEK", "LATIN"})
"""scripts that have some letters of the same looks"""
BETWEEN = re.compile(f"[{''.join(JOINS)}]+")
"""marks that another letter may stand behind"""
STRANGERS = re.compile("[ĂÄĹ][ĄąŁłŚśŹźŻż]|Ă[ŠšŤťŽžĽľ]|ƒ")
"""letters side by side that no one language has"""
MATHEMATICAL = frozenset("π∞∑∏∫Ωµ")
"""what stands behind a root"""
ENDS_IN_PI = frozenset({"où", "più"})
"""words whose last letter Mac OS read as √π"""


@dataclass(frozen=True)
class CodePage:
    """The signs that some encoding has for the upper half of bytes."""

    bytes: dict[int, int]
    utf8: re.Pattern[str]
    """what bytes of UTF-8 are read as"""


def signs_of(encoding: str) -> dict[int, str]:
    """The signs of the bytes of the upper half; where there is none, the control character."""
    return {
        byte: bytes([byte]).decode(encoding, errors="ignore") or chr(byte)
        for byte in range(0x80, 0x100)
    }


def bytes_of(encoding: str) -> dict[int, int]:
    """The bytes of an encoding's signs, by their code points."""
    return {ord(sign): byte for byte, sign in signs_of(encoding).items()}


def code_page(encoding: str) -> CodePage:
    """The code page of an encoding."""
    signs = signs_of(encoding)

    def some(first: int, last: int) -> str:
        return f"[{re.escape(''.join(signs[byte] for byte in range(first, last + 1)))}]"

    behind = some(0x80, 0xBF)
    lengths = ((some(0xC2, 0xDF), 1), (some(0xE0, 0xEF), 2), (some(0xF0, 0xF4), 3))
    sign = "|".join(f"{lead}{behind}{{{count}}}" for lead, count in lengths)
    return CodePage(bytes_of(encoding), re.compile(f"(?:{sign})+"))


CODE_PAGES = tuple(map(code_page, PAGES))


def read_in_a_code_page(text: str) -> bool:
    """Whether a row of signs beyond ASCII is UTF-8 that was read in some code page."""
    return any(
        page.utf8.fullmatch(found[0]) and was_misread(text, found, page)
        for found in RUN.finditer(text)
        for page in CODE_PAGES
    )


def was_misread(text: str, found: re.Match[str], page: CodePage) -> bool:
    """Whether a row of signs is likelier what its bytes are in UTF-8."""
    run = found[0]
    try:
        read = run.translate(page.bytes).encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return False
    if any("\u2000" <= sign <= "\u203f" or sign in "€™" or sign in EMOJI for sign in read):
        return True  # a quote, a dash
    letters = "".join(filter(script_of, read))
    scripts = set(map(script_of, letters))
    if scripts == {"LATIN"}:
        before, after = text[: found.start()], text[found.end() :]
        left = before[len(before.rstrip(ascii_letters)) :]
        right = after[: len(after) - len(after.lstrip(ascii_letters))]
        return is_accented(left, run, letters, right)
    if len(letters) < 2 or not scripts <= SCRIPTS or (len(scripts) > 1 and not scripts <= JAPANESE):
        return False
    return any(map(str.isalpha, run)) and not is_written(run)


def is_accented(left: str, run: str, letters: str, right: str) -> bool:
    """Whether a row of signs is likelier these `letters` with accents.

    `left` and `right` are the letters of ASCII beside it.
    """
    if not EUROPEAN.issuperset(letters):
        return False
    word = left + letters + right
    if len(word) == 1:
        return word in ALONE and run[-1] not in "\u00a0†" and not is_written(run)
    if word == letters and not any(map(str.isalpha, run)):
        return False  # ├┤├┤
    if len(run) == 2 and run[1] in MATHEMATICAL and not (right and len(left + right) > 2):
        return word in ENDS_IN_PI
    return is_written(word) and not is_written(left + run + right)


def is_written(text: str) -> bool:
    """Whether somebody writes such a word, or words with marks between and around them."""
    core = text.strip("".join(BEHIND))
    scripts = set(map(script_of, filter(str.isalpha, core)))
    # before a mark some write JЕ” with a letter of another script that looks alike
    if len(scripts) > 1 and (core == text or not scripts <= ALIKE):
        return False
    return all(map(is_word, BETWEEN.split(core)))


def is_word(text: str) -> bool:
    """Whether a text is letters that stand side by side in some language, and of one case."""
    return text.isalpha() and in_one_case(text) and not STRANGERS.search(text)


def in_one_case(text: str) -> bool:
    """Whether the letters of a text are small or capitals, but for a capital that begins it."""
    letters = "".join(filter(str.isalpha, text))
    return letters in (letters.lower(), letters.upper(), letters.capitalize())
