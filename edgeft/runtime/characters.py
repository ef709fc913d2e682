"""What characters are to those beside them: drawn onto one, a sign, not seen at all.

Tokenizers drop some of these and keep others, so what a part of a text is must not hang on them.
"""

import re
import unicodedata

JOINERS = "\u200c\u200d"
"""what says, unseen, how the character before it is written"""
FIRST_MARK = "\u0300"
"""none comes before it, and most texts have none behind it"""
ONTO = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f\U0001f3fb-\U0001f3ff]")
"""letters of a Korean syllable behind its first, sounds of narrow kana, colours of skin"""
FIRST_SYMBOL = "\u00a6"
"""none that is a picture comes before it"""


def is_mark(character: str) -> bool:
    """Whether a character is a vowel, tone or accent that is written onto the one before it."""
    return unicodedata.category(character).startswith("M")


def is_onto(character: str) -> bool:
    """Whether a character is drawn as one with that before it, such as a mark."""
    return character >= FIRST_MARK and (
        character in JOINERS or is_mark(character) or ONTO.match(character) is not None
    )


def sign(character: str) -> str:
    """P for a punctuation mark, S for a symbol, nothing for any other character."""
    kind = "" if character.isalnum() else unicodedata.category(character)[0]
    return kind if kind in ("P", "S") else ""


def end_of_marks(text: str, end: int) -> int:
    """Where what is drawn onto a character ends that ends at `end`; many tokenizers drop that."""
    while end < len(text) and is_onto(text[end]):
        end += 1
    return end


def without_symbols(text: str, start: int, end: int) -> tuple[int, int]:
    """A token's characters without emoji, and marks, around its letters, if it has any.

    A word with an emoji beside it may be one token, an unknown one.
    """
    first, last = start, end
    while first < last and is_picture(text[last - 1]):
        last -= 1
    while first < last and is_picture(text[first]):
        first += 1
    return (first, last) if first < last else (start, end)


def is_picture(character: str) -> bool:
    """Whether a character is an emoji or the like, or drawn onto the one before it."""
    return unicodedata.category(character) == "So" or is_onto(character)


def bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A part of a text without what is not seen around it: white space and control characters.

    No tokenizer has to see those. Of a part that has nothing else, nothing is left.
    """
    while start < end and is_unseen(text[end - 1]) and text[end - 1] not in JOINERS:
        end -= 1
    while start < end and is_unseen(text[start]):
        start += 1
    return start, end


def is_unseen(character: str) -> bool:
    """Whether a character is white space, or one that is there for its effect, such as U+200E."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")


def base(text: str, end: int) -> str:
    """The last character before `end` onto which nothing is drawn itself."""
    place = end - 1
    while place > 0 and is_onto(text[place]):
        place -= 1
    return text[place]
