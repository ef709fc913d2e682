"""Reads the texts out of an answer: what language models put around them is left out."""

import json
import re
from collections.abc import Iterator

THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
NUMBER = re.compile(r"^\s*(?:\*\*)?(?:\(?\d{1,3}\s*[.):]|[-*•–])(?:\*\*)?\s+")
NAME = re.compile(
    r"^(?:reworded|rewritten|paraphrased|new)?\s*"
    r"(?:text|version|paraphrase|rewording|sentence|option|example|answer|output)"
    r"(?:\s+\d{1,3})?\s*[:.]\s+",
    re.IGNORECASE,
)
PREFACE = re.compile(
    r"^(?:sure|certainly|of course|absolutely|okay|ok|great|here(?:'s|’s| is| are)|"
    r"below (?:is|are)|the following)\b[^:\n]{0,120}:\s*",
    re.IGNORECASE,
)
POLITE = re.compile(
    r"^(?:(?:sure|certainly|of course|absolutely)(?: thing)?[,!.]?$|i hope (?:this|these|that)\b|"
    r"let me know (?:if|whether)\b|feel free to\b|note:)",
    re.IGNORECASE,
)
REFUSAL = re.compile(
    r"^(?:i(?:['’]m| am) sorry,? but i (?:can|am|will|['’])|"
    r"i (?:can['’]?t|cannot|can not|am unable to) (?:assist|comply|fulfil|provide|help with)|"
    r"as an ai\b)",
    re.IGNORECASE,
)
TALK = re.compile(
    r"^(?:in )?(?:the|this|these|both|my)(?: (?:is|are) (?:a|an|the))?(?: \w+)?"
    r" (text|sentence|version|alternative|paraphrase|rewording|rephrasing)s?\b",
    re.IGNORECASE,
)
"""how small models begin to speak of the text, where they should say it"""
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
    for its end is missing, and so does what repeats a line of the `instruction`, and what speaks of
    a text or its wording, unless what it is `about` does so as well.
    """
    bare = THOUGHT.sub("", answer)
    bare = (bare.rpartition("\n")[0] if cut else bare).strip()
    asked = {plain(line) for line in instruction.splitlines()} - {""}
    listed = from_json(bare)
    if listed is None:
        lines = [line.strip() for line in bare.splitlines()]
        lines = [line for line in lines if line and not line.startswith("```")]
        numbered = [line for line in lines if NUMBER.match(line)]
        listed = list(cleaned(numbered or lines))
    return [
        text
        for text in listed
        if plain(text) not in asked and is_text(text) and not is_talk(text, about.casefold())
    ]


def is_talk(text: str, about: str) -> bool:
    """Whether a text speaks of a text, which what it is about does not."""
    found = TALK.match(text)
    return found is not None and found.group(1).casefold() not in about


def from_json(answer: str) -> list[str] | None:
    """The strings of a JSON list, with or without a fence around it; None for what is none."""
    inside = re.sub(r"^```\w*\s*|\s*```$", "", answer).strip()
    if not inside.startswith("["):
        return None
    try:
        found = json.loads(inside)
    except ValueError:
        return None
    texts = [each for each in found if isinstance(each, str)]
    return [" ".join(each.split()) for each in texts] if len(texts) == len(found) else None


def cleaned(lines: list[str]) -> Iterator[str]:
    """The lines without numbers, names, prefaces and quotes; nothing for a line of talk alone."""
    for line in lines:
        text = NUMBER.sub("", line)
        for noise in (PREFACE, NAME):
            text = noise.sub("", text, count=1)
        text = unquoted(text)
        if text and not POLITE.match(text):
            yield " ".join(text.split())


def unquoted(text: str) -> str:
    """A text without the quotes or stars around it, if they close where it ends."""
    text = text.strip().strip("*").strip()
    while len(text) > 1 and QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def is_text(text: str) -> bool:
    """Whether somebody could have written it: letters, and no refusal."""
    return any(each.isalpha() for each in text) and not REFUSAL.match(text)


def plain(text: str) -> str:
    """A line as it is compared with those of the instruction."""
    bare = PREFACE.sub("", NUMBER.sub("", text.strip()))
    return unquoted(NAME.sub("", bare)).casefold()
