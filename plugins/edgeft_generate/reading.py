"""Reads the texts out of an answer: what language models put around them is left out."""

import json
import re
from collections.abc import Iterator

from edgeft_generate.talk import declines, is_polite, is_remark, without_lead_in

THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
NUMBER = re.compile(r"^\s*(?:\*\*)?(?:\(?\d{1,3}\s*[.):]|[-*•–])(?:\*\*)?\s+")
LIST = re.compile(r'(?:^|:)[ \t`]*\[\s*(?=")', re.MULTILINE)
"""where a JSON list of strings begins: a line, or what announces it has ended"""
NEXT = re.compile(r"\s*,?\s*")
END = re.compile(r"\s*\][ \t`]*(?:\n|\Z)|[\s`]*\Z")
"""what is behind the last string of a list: a bracket and no more on its line, or nothing"""
DECODER = json.JSONDecoder(strict=False)
QUOTES = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": "”",
    "‘": "’",
    "«": "»",
    "„": "“",
    "「": "」",
    "*": "*",
}


def texts_in(answer: str, instruction: str, *, about: str = "", cut: bool = False) -> list[str]:
    """The texts that an answer has, one a line or in a JSON list, in their order.

    Where lines are numbered, the others are talk. The last line of an answer that was cut off goes,
    for its end is missing, and of a list the last string; so does what repeats a line of the
    `instruction`, and what speaks of a text or its wording, unless what it is `about` does so as
    well. An answer that begins with a refusal has no text.
    """
    bare = THOUGHT.sub("", answer)
    asked = {plain(line) for line in instruction.splitlines()} - {""}
    listed = from_json(bare)
    if listed is None:
        listed = from_lines(bare, cut)
    return [
        text
        for text in listed
        if plain(text) not in asked and is_text(text) and not is_remark(text, about)
    ]


def from_json(answer: str) -> list[str] | None:
    """The whole strings of a JSON list, with or without talk or a fence around it.

    None where there is no list of strings. One that breaks off ends with its last whole string.
    """
    for start in LIST.finditer(answer):
        found: list[str] = []
        place = start.end()
        while answer.startswith('"', place):
            try:
                text, place = DECODER.raw_decode(answer, place)
            except ValueError:
                return found
            found.append(" ".join(text.split()))
            if passed := NEXT.match(answer, place):
                place = passed.end()
        if END.match(answer, place):
            return found
    return None


def from_lines(answer: str, cut: bool) -> list[str]:
    """The texts of an answer that has one a line, those that are numbered if any are."""
    whole = answer.rpartition("\n")[0] if cut else answer
    lines = [line.strip() for line in whole.splitlines()]
    lines = [line for line in lines if line and not line.startswith("```")]
    numbered = [line for line in lines if NUMBER.match(line)]
    if not numbered and lines and declines(unquoted(lines[0])):
        return []
    return list(cleaned(numbered or lines))


def cleaned(lines: list[str]) -> Iterator[str]:
    """The lines without numbers, names, prefaces and quotes; nothing for a line of talk alone."""
    for line in lines:
        text = unquoted(without_lead_in(NUMBER.sub("", line)))
        if text and not is_polite(text):
            yield " ".join(text.split())


def unquoted(text: str) -> str:
    """A text without the quotes or stars around it, if they close where it ends."""
    text = text.strip().strip("*").strip()
    while len(text) > 1 and QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def is_text(text: str) -> bool:
    """Whether somebody could have written it: it has letters."""
    return any(each.isalpha() for each in text)


def plain(text: str) -> str:
    """A line as it is compared with those of the instruction."""
    return unquoted(without_lead_in(NUMBER.sub("", text.strip()))).casefold()
