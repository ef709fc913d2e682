"""Tokens as a text: with single blanks between them, and none where a script puts no spaces."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from edgeft.errors import DataError
from edgeft.letters import ALONE, WIDE_MARKS
from edgeft.runtime.units import NO_SPACES, Span

CLOSE = rf"{NO_SPACES}{WIDE_MARKS}\u3005-\u3007"
"""characters that have no blank between them: of scripts without spaces, full-width punctuation"""
EITHER = "\u00b7\u2014\u2018\u2019\u201c\u201d\u2026"
"""punctuation that is full-width beside these: quotes, dashes and dots"""
TOGETHER = re.compile(rf"[{CLOSE}][{CLOSE}{EITHER}]|[{EITHER}][{CLOSE}]")
TOKEN = re.compile(rf"{ALONE}|[{CLOSE}]|[^\s{CLOSE}]+")
"""what a text is taken apart into: words, and characters where a script has no spaces"""


def token_of(value: Any, number: int) -> str:
    """A token; raises DataError for what is none."""
    if not isinstance(value, str) or not value or value.isspace():
        raise DataError(
            f"token {number} is {value!r:.60}, not a word", hint="write each token as a string"
        )
    return value


def text_of(tokens: Sequence[Any]) -> str:
    """The text that tokens make; raises DataError for what is no token."""
    words = [token_of(each, number) for number, each in enumerate(tokens, start=1)]
    return "".join(f"{gap}{word}" for gap, word in zip(gaps(words), words, strict=True))


def places(tokens: Sequence[str]) -> list[Span]:
    """The characters of each token in the text that `text_of` makes."""
    found: list[Span] = []
    end = 0
    for gap, token in zip(gaps(tokens), tokens, strict=True):
        start = end + len(gap)
        end = start + len(token)
        found.append((start, end))
    return found


def gaps(tokens: Sequence[str]) -> Iterator[str]:
    """What stands before each token: a blank or nothing."""
    before = ""
    for token in tokens:
        close = not before or TOGETHER.fullmatch(f"{before[-1]}{token[0]}")
        yield "" if close else " "
        before = token
