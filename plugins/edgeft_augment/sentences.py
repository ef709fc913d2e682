"""A text as its sentences, by what every script writes at the end of one."""

import re
from collections.abc import Iterator

ENDS = ".!?…؟۔।።"
"""marks that end a sentence where white space follows"""
WIDE_ENDS = "。！？｡"
"""marks that end a sentence whatever follows"""
WIDE_CLOSING = "’”」』）】"
CLOSING = f"\"')\\]}}»›{WIDE_CLOSING}"
"""marks that still belong to the sentence before them"""
BREAK = re.compile(
    rf"(?P<end>[{ENDS}]+[{CLOSING}]*)[^\S\n]+|[{WIDE_ENDS}]+[{WIDE_CLOSING}]*[^\S\n]*|\s*\n\s*"
)
SHORTENED = re.compile(
    r"(?:^|[\s(.])(?:[^\W\d_]|mr|mrs|ms|messrs|dr|prof|rev|gen|col|lt|sgt|capt|gov|sen|rep|st|mt|"
    r"jr|sr|vs|no|vol|fig|inc|ltd|co|corp|bros|approx|etc|e\.g|i\.e)\.$",
    re.IGNORECASE,
)
"""initials and words that are written short: the full stop behind them ends no sentence"""
LONGEST = 16
"""characters that are looked at for one, more than any has"""


def sentences_of(text: str) -> Iterator[str]:
    """The sentences of a text, in their order; together they are all of it but white space.

    One ends with its line, at a mark of its end that a word in small letters does not follow, and
    at a full-width one. A full stop behind an initial or a word that is written short ends none.
    """
    start = 0
    for found in BREAK.finditer(text):
        end = found["end"]
        if end and (
            text[found.end() : found.end() + 1].islower()
            or (end == "." and SHORTENED.search(text[start : found.end("end")][-LONGEST:]))
        ):
            continue
        if sentence := text[start : found.end()].strip():
            yield sentence
        start = found.end()
    if sentence := text[start:].strip():
        yield sentence
