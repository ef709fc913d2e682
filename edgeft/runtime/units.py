"""Which tokens of a text are answered one by one: the first of each word, and of each sign.

Scripts without spaces have no words that a tokenizer could know of, so there each token speaks for
itself. Addresses, @names and #tags are one word, whatever a tokenizer makes of them: taught that
the "rileysteele" of @rileysteele is nobody, a model would overlook people.
"""

import re
from collections.abc import Sequence

from edgeft.runtime.characters import (
    FIRST_MARK,
    FIRST_SYMBOL,
    base,
    end_of_marks,
    is_mark,
    sign,
    without_symbols,
)

NO_SPACES = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana, Chinese characters
    "\U00020000-\U0003ffff"
)
"""characters of scripts that put no spaces between words, as a regular expression's set"""
APART = re.compile(f"[{NO_SPACES}]")
LETTER = rf"[^\W{NO_SPACES}]"
"""what makes a longer word of a word beside it: a letter, digit or _ of other scripts"""
TOGETHER = re.compile(
    rf"(?:https?://|www\.)[^\s{NO_SPACES}]*{LETTER}/?"
    rf"|(?<![\w.+-]){LETTER}[\w.+-]{{0,63}}@{LETTER}+(?:[.-]{LETTER}+)+"
    rf"|[@#]{LETTER}+"
)
"""what is one word, though punctuation stands in it: addresses, @names and #tags"""

Span = tuple[int, int]


def inside_of(text: str) -> dict[int, int]:
    """Where the whole begins, of each character inside of an address, @name or #tag."""
    return {
        place: found.start()
        for found in TOGETHER.finditer(text)
        for place in range(found.start() + 1, found.end())
    }


def parted(text: str, end: int, start: int) -> bool:
    """Whether a unit ends at `end` where its tokenizer sees one word with what starts at `start`.

    White space parts words, a tab too, which some tokenizers take for a letter; and so does a sign,
    which those that know words by spaces alone take for a part of them: the comma behind a name.
    Symbols beside each other are one, as the two letters of a flag are. So does either neighbour of
    a script that puts no spaces.
    """
    if text[end:start].isspace():
        return True
    before, behind = sign(base(text, end)), sign(text[start])
    if before != behind or before == "P":
        return True
    alone = APART.match(text, start) or APART.match(text, end - 1)
    return bool(alone) and not is_mark(text[start])


def unit_starts(
    text: str, offsets: Sequence[Span], words: Sequence[int | None]
) -> tuple[list[int], list[Span]]:
    """The first token of each unit of a text, and the span of its characters.

    `offsets` are the spans of the tokens, `words` the numbers of their words; None where a token is
    no part of the text. White space around a token is no part of its unit, and ends it. Marks
    behind a token are of its unit, and so are tokens that stand for no character of their own.
    """
    places: list[int] = []
    spans: list[Span] = []
    last: int | None = None
    joined = inside_of(text)
    for place, ((start, end), word) in enumerate(zip(offsets, words, strict=True)):
        if word is None:
            continue
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if start >= end:
            continue
        if text[start] >= FIRST_SYMBOL or text[end - 1] >= FIRST_SYMBOL:
            start, end = without_symbols(text, start, end)
        if end < len(text) and text[end] >= FIRST_MARK:
            end = end_of_marks(text, end)
        if spans and start < spans[-1][1]:  # a character that several tokens spell
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            last = word
            continue
        apart = word != last or parted(text, spans[-1][1], start)
        if apart and not (spans and start in joined and spans[-1][1] > joined[start]):
            places.append(place)
            spans.append((start, end))
        else:
            spans[-1] = (spans[-1][0], end)
        last = word
    return places, spans
