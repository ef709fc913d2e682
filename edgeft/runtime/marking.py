"""Two parts of a text, marked in it, so that a model knows which two it is asked about.

The first stands between braces and the second between brackets, as in "the { ring } is made of
[ gold ]": signs that every vocabulary has, so no model needs new ones (Zhou and Chen 2021, "An
improved baseline for sentence-level relation extraction"). What the text has of these signs itself
becomes parentheses, so that each mark stands there once.
"""

import re
from dataclasses import dataclass
from typing import Any

from edgeft.errors import DataError
from edgeft.runtime.characters import bare
from edgeft.runtime.units import Span

HEAD, TAIL = ("{", "}"), ("[", "]")
"""what stands before and after the first part, and the second"""
PLAIN = str.maketrans("{}[]", "()()")
MARKED = {HEAD: re.compile(r"\{ ([^{}]+) \}"), TAIL: re.compile(r"\[ ([^\[\]]+) \]")}
TAGS = {"head": "e1", "tail": "e2"}
"""how texts are marked by hand: <e1>ring</e1>, as in SemEval-2010 task 8"""
TAG = re.compile(r"</?e[12]>")
HINT = (
    "name the characters of both, such as head: {start: 4, end: 8}, or write <e1>...</e1> and"
    " <e2>...</e2> around them"
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """A text and two parts of it: the first character of each, and the last plus one."""

    text: str
    head: Span
    tail: Span


def marked(mentions: Mentions) -> str:
    """The text with its parts marked; raises DataError for parts that it does not have."""
    text = mentions.text
    head, tail = (inside(getattr(mentions, name), text, name) for name in TAGS)
    if head[0] < tail[1] and tail[0] < head[1]:
        raise DataError(
            f"head {list(mentions.head)} and tail {list(mentions.tail)} overlap",
            hint="a relation is between two parts of the text that share no character",
        )
    found, last = "", 0
    for (start, end), (before, after) in sorted([(head, HEAD), (tail, TAIL)]):
        found = spaced(found, text[last:start].translate(PLAIN))
        found = f"{apart(found)}{before} {text[start:end].translate(PLAIN)} {after}"
        last = end
    return spaced(found, text[last:].translate(PLAIN))


def inside(span: Span, text: str, name: str) -> Span:
    """The characters of a part without what is not seen around it; raises DataError for none."""
    start, end = span
    if min(span) < 0 or max(span) > len(text):
        raise DataError(
            f"{name} [{start}, {end}] lies beyond the text, which has {len(text)} characters",
            hint="count characters, not bytes, from 0; the end is the last one plus one",
        )
    found = bare(text, start, end)
    if found[0] >= found[1]:
        fault = "ends before it starts" if end < start else "holds no text"
        raise DataError(
            f"{name} [{start}, {end}] {fault}",
            hint="the end is the last character plus one",
        )
    return found


def apart(text: str) -> str:
    """A text with a blank at its end, if there is anything that a mark is to stand apart from.

    Behind other white space, too: there many tokenizers have other tokens for a mark.
    """
    return text if not text or text.endswith(" ") else f"{text} "


def spaced(text: str, more: str) -> str:
    """A text that goes on after a mark, with a blank between them."""
    return f"{text}{more}" if not text or not more or more[0].isspace() else f"{text} {more}"


def untagged(text: str) -> Mentions:
    """A text whose parts stand between <e1> and </e1>, <e2> and </e2>, without these.

    Raises DataError where one is missing, or stands there twice.
    """
    plain, last = "", 0
    places: dict[str, int] = {}
    for match in TAG.finditer(text):
        plain += text[last : match.start()]
        last = match.end()
        if match[0] in places:
            raise DataError(f"{match[0]} stands in the text twice", hint="mark one part by each")
        places[match[0]] = len(plain)
    for name in TAGS.values():
        for tag in (f"<{name}>", f"</{name}>"):
            if tag not in places:
                raise DataError(f"the text has no {tag}", hint=HINT)
    plain += text[last:]
    spans = [(places[f"<{name}>"], places[f"</{name}>"]) for name in TAGS.values()]
    return Mentions(plain, *spans)


def is_tagged(text: str) -> bool:
    """Whether <e1> and <e2> stand around two parts of a text, as `untagged` reads them."""
    try:
        untagged(text)
    except DataError:
        return False
    return True


def is_marked(text: str) -> bool:
    """Whether a text has the marks that `marked` writes, each once."""
    return all(len(found.findall(text)) == 1 for found in MARKED.values())


def written(given: Any) -> str:
    """What a model reads of a text with two parts, however these are named.

    Takes Mentions, a text with <e1> and <e2> around its parts, or one that is marked already.
    Raises DataError for what is none of these.
    """
    if isinstance(given, Mentions):
        return marked(given)
    if not isinstance(given, str):
        raise DataError(
            f"{given!r:.60} is no text with two marked parts",
            hint="pass Mentions(text, head=(start, end), tail=(start, end)), or a list of such",
        )
    if TAG.search(given) is None and is_marked(given):
        return given
    return marked(untagged(given))


def mention_places(text: str) -> list[Span]:
    """The characters of both marked parts of a text, with their marks; the head's come first.

    Empty where the text does not have both, each once.
    """
    if not is_marked(text):
        return []
    return [match.span() for pattern in MARKED.values() for match in pattern.finditer(text)]
