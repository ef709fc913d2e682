"""Texts that are odd by themselves: broken characters, no words, markup, another script, length."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow.compute as pc

from edgeft_clean.findings import Finding
from edgeft_clean.mash import mash
from edgeft_clean.mojibake import is_mojibake
from edgeft_clean.rows import Rows

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
"""signs that a font gives a meaning to"""
EMOJI = range(0x1F000, 0x1FFFE)
"""whose newest ones the Unicode version of an older Python does not have"""
MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-z]{2,8}|#\d{2,5});")
TAGS = 2
"""of these, for a text to count as markup"""
WIDTHS = ("FULLWIDTH", "HALFWIDTH")
KANA = frozenset({"HIRAGANA", "KATAKANA"})
JAPANESE = KANA | {"CJK"}
"""scripts that are written side by side"""
READ = 20_000
"""characters by which a long text is judged and compared: a book's first pages say what it is"""
FEW = 0.02
"""share of the texts below which a script is another one than theirs"""
LONGER = 5.0
"""times the 95th percentile of lengths, for a text to count as over-long"""
SHARED = 40
"""characters at either end of a text that make boilerplate where many texts share them"""
MANY = 0.01
"""share of the texts that make boilerplate of what they share, and 10 at least"""


def texts(rows: Rows) -> Iterator[Finding]:
    """Texts with broken or odd characters, without a word, or made of markup."""
    for place in range(len(rows)):
        text = rows.text(place)
        if why := broken(text):
            yield Finding(rows.ids[place], "text", "medium", why, score=0.7)
        elif why := odd(text):
            yield Finding(rows.ids[place], "text", "low", why, score=0.5)


def broken(text: str) -> str:
    """What is broken in a text, in a few words; empty where nothing is."""
    if "\ufffd" in text:
        return "a character that could not be decoded (U+FFFD)"
    if is_mojibake(text):
        return "characters of a wrong encoding, such as Ã©"
    if found := CONTROL.search(text.strip()):
        return f"a control character (U+{ord(found[0]):04X})"
    if not any(character.isalnum() for character in text):
        return "no letter and no digit"
    return ""


def odd(text: str) -> str:
    """What is odd about a text that may yet be as it should, in a few words; empty for others."""
    if found := PRIVATE.search(text):
        return f"a character for private use (U+{ord(found[0]):04X}), such as an icon"
    for character in sorted(set(text)):
        if unicodedata.category(character) == "Cn" and ord(character) not in EMOJI:
            return f"a character that Unicode does not have (U+{ord(character):04X})"
    if len(MARKUP.findall(text)) >= TAGS:
        return "markup such as HTML"
    return mash(text)


def lengths(rows: Rows) -> Iterator[Finding]:
    """Texts far longer than the others: a bundle cuts them, and may cut what matters."""
    found = pc.utf8_length(rows.texts).to_numpy()
    usual = max(1.0, float(np.quantile(found, 0.95)))
    for place in np.flatnonzero(found > LONGER * usual):
        why = f"{found[place]:,} characters; 95 % of the texts have at most {usual:,.0f}"
        yield Finding(rows.ids[place], "length", "low", why, score=1 - usual / found[place])


def scripts(rows: Rows) -> Iterator[Finding]:
    """Texts in a script that hardly any other is in: often another language, or garbage."""
    found = [script_of(rows.text(place)) for place in range(len(rows))]
    counts = Counter(found)
    usual = {name for name, count in counts.items() if count >= FEW * len(rows)}
    if usual & KANA:
        usual |= JAPANESE
    for place, script in enumerate(found):
        if script and script not in usual:
            share = counts[script] / len(rows)
            why = f"written in {script.lower()}, as {share:.2%} of the texts are"
            yield Finding(rows.ids[place], "script", "medium", why, score=1 - share)


def script_of(text: str) -> str:
    """The script that most letters of a text are of, such as LATIN; empty without letters."""
    start = text[:READ]
    counts = Counter(script for character in start if (script := script_of_letter(character)))
    return counts.most_common(1)[0][0] if counts else ""


@lru_cache(maxsize=65_536)
def script_of_letter(character: str) -> str:
    """The first word of a letter's Unicode name, which is its script; empty for other signs.

    Letters of full and half width are of the script that they are widths of.
    """
    if not character.isalpha():
        return ""
    first, _, rest = unicodedata.name(character, "").partition(" ")
    return rest.partition(" ")[0] if first in WIDTHS else first.partition("-")[0]


def boilerplate(rows: Rows) -> Iterator[Finding]:
    """Texts that begin or end as many others do: a letterhead or a signature says no label."""
    ends: dict[str, list[str]] = {"begins": [], "ends": []}
    for place in range(len(rows)):
        text = " ".join(rows.text(place).split())
        long = len(text) > 2 * SHARED
        ends["begins"].append(text[:SHARED] if long else "")
        ends["ends"].append(text[-SHARED:] if long else "")
    for end, parts in ends.items():
        counts = Counter(part for part in parts if part)
        enough = max(10, MANY * len(rows))
        groups = distinct(parts, rows)
        for place, part in enumerate(parts):
            if part and counts[part] >= enough and groups[part] >= enough / 2:
                why = f"{end} as {counts[part]:,} texts do: {part}"
                yield Finding(rows.ids[place], "boilerplate", "low", why, score=0.3)


def distinct(parts: list[str], rows: Rows) -> Counter[str]:
    """How many different texts have a part: copies of one text are no boilerplate."""
    pairs = {(part, int(group)) for part, group in zip(parts, rows.likeness.exact, strict=True)}
    return Counter(part for part, _ in pairs if part)
