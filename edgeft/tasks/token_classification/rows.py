"""What sources hold of a row: text and spans, or tokens and tags, in several writings."""

import json
import re
from collections.abc import Sequence
from typing import Any

from edgeft.errors import DataError
from edgeft.runtime.characters import bare
from edgeft.tasks.spans import Span, check_spans, is_place
from edgeft.tasks.token_classification.schemes import chunks
from edgeft.tasks.tokens import places, text_of

TYPES = ("type", "label", "entity", "entity_group")
"""keys of a span's type"""
WORD = re.compile(r"\S+")
HINT = (
    'write [[0, 6, "place"], ...] or [{"start": 0, "end": 6, "type": "place"}, ...], or a tag for'
    " each token; [] where there is nothing"
)


def spans_of(value: Any, text: Any) -> list[Span]:
    """The spans that a source gives of a text, in characters, or of tokens, in tags.

    `text` is a string, or a list of tokens. Tags of a string are those of its words. Raises
    DataError for what is no answer, for tags that are too many or too few or spell no entities,
    and for spans that lie beyond the text, are empty or overlap.
    """
    if isinstance(value, str):
        value = parsed(value)
    if not isinstance(value, list | tuple):
        raise DataError(f"the answer is {value!r:.60}, no list of spans or tags", hint=HINT)
    if isinstance(text, list | tuple):
        return tagged(value, text_of(text), places(text))
    text = text if isinstance(text, str) else ""
    if not value or not isinstance(value[0], str | int):
        spans = [span_of(each) for each in value]
        check_spans(spans, text)
        return [seen(each, text) for each in spans]
    return tagged(value, text, [each.span() for each in WORD.finditer(text)])


def tags_in(value: Any) -> list[Any]:
    """The tags that an answer, which can be used, is made of; none where it is made of spans."""
    if isinstance(value, str):
        value = parsed(value)
    return list(value) if value and isinstance(value[0], str) else []


def parsed(value: str) -> Any:
    """What a cell holds: JSON, or tags with blanks between them."""
    if not value.lstrip().startswith("["):
        if not value.strip():
            raise DataError("the answer is empty", hint=HINT)
        return value.split()
    try:
        return json.loads(value)
    except ValueError as error:
        raise DataError(f"the answer is no JSON: {error}", hint=HINT) from error


def span_of(value: Any) -> Span:
    """One span, from a list or a dict; raises DataError for what is neither."""
    if isinstance(value, dict):
        kind = next((value[key] for key in TYPES if value.get(key) is not None), None)
        value = [value.get("start"), value.get("end"), kind]
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise DataError(f"the span is {value!r:.80}, not a start, an end and a type", hint=HINT)
    start, end, kind = value
    if not (is_place(start) and is_place(end) and isinstance(kind, str) and kind.strip()):
        raise DataError(f"the span is {value!r:.80}, not two numbers and a name", hint=HINT)
    return Span(start, end, kind.strip())


def tagged(tags: Sequence[Any], text: str, tokens: list[tuple[int, int]]) -> list[Span]:
    """The spans that tags spell, of tokens at these characters of a text."""
    if len(tags) != len(tokens):
        raise DataError(
            f"there are {len(tags)} tags for {len(tokens)} tokens, in {text!r:.60}",
            hint="write one tag for each token; those of a plain text are its words",
        )
    found = chunks(tags)
    spans = (Span(tokens[first][0], tokens[last - 1][1], kind) for first, last, kind in found)
    return [seen(each, text) for each in spans]


def seen(span: Span, text: str) -> Span:
    """A span without what is not seen around it; one of nothing else as it is."""
    start, end = bare(text, span.start, span.end)
    return Span(start, end, span.type) if start < end else span
