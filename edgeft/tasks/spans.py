"""The answer to a text: its spans, as a dataset stores them."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from edgeft.errors import DataError


class Span(NamedTuple):
    """A part of a text and its type."""

    start: int
    """its first character"""
    end: int
    """its last character plus one"""
    type: str


def written(spans: Iterable[Span]) -> str:
    """The spans as a dataset stores them: a JSON list of [start, end, type], in their order."""
    return json.dumps([list(each) for each in sorted(spans)], ensure_ascii=False)


def read(answer: str) -> list[Span]:
    """The spans that `written` wrote."""
    return [Span(*each) for each in json.loads(answer)]


def check_spans(spans: list[Span], text: str) -> None:
    """Raise DataError for the first span that is no part of its text, or overlaps another."""
    last: Span | None = None
    for span in sorted(spans):
        if min(span.start, span.end) < 0 or max(span.start, span.end) > len(text):
            raise DataError(
                f"the span {list(span)} lies beyond the text, which has {len(text)} characters",
                hint="count characters, not bytes, from 0; the end is the last one plus one",
            )
        if not text[span.start : span.end].strip():
            raise DataError(
                f"the span {list(span)} ends before it starts"
                if span.end < span.start
                else f"the span {list(span)} holds no text",
                hint="the end is the last character plus one; remove spans of nothing",
            )
        if last is not None and span.start < last.end:
            raise DataError(
                f"the spans {list(last)} and {list(span)} overlap",
                hint="keep one of them: each part of a text has one type",
            )
        last = span


def is_place(value: Any) -> bool:
    """Whether this is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)
