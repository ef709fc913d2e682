"""What sources hold of a row: a text and the places of two parts of it, in several writings."""

from collections.abc import Mapping, Sequence
from typing import Any

from edgeft.errors import DataError
from edgeft.runtime.marking import HINT, Mentions, written
from edgeft.runtime.units import Span
from edgeft.tasks.tokens import places, text_of

FURTHER = ("head", "tail", "head_start", "head_end", "tail_start", "tail_end")
"""columns that say where the parts are: as objects, or as four numbers"""


def marked_text(value: Any) -> str:
    """The text with its parts marked, of a text alone or of a dict with it and `FURTHER` columns.

    The text is a string, or a list of tokens; then places count tokens. Raises DataError, without a
    place, for parts that are not named, or that the text does not have. Empty for an empty text.
    """
    text = value["text"] if isinstance(value, Mapping) else value
    if text is None or (isinstance(text, str) and not text.strip()):
        return ""
    if isinstance(text, list | tuple):
        tokens, text = text, text_of(text)
        head, tail = (
            characters(tokens, span, name) if span is not None else None
            for name, span in (("head", span_of(value, "head")), ("tail", span_of(value, "tail")))
        )
    elif isinstance(text, str):
        head, tail = span_of(value, "head"), span_of(value, "tail")
    else:
        raise DataError(
            f"the text is {text!r:.60}, not a string",
            hint="write a string or a list of tokens, or map another: `columns: {text: ...}`",
        )
    if head is None and tail is None:
        return written(text)
    if head is None or tail is None:
        raise DataError(f"the row has no {'head' if head is None else 'tail'}", hint=HINT)
    return written(Mentions(text, head, tail))


def span_of(value: Any, name: str) -> Span | None:
    """Where a part begins and ends, from whichever columns a row has; None where it has none.

    Raises DataError for what is no pair of whole numbers.
    """
    if not isinstance(value, Mapping):
        return None
    found = value.get(name)
    ends = [value.get(f"{name}_start"), value.get(f"{name}_end")]
    if isinstance(found, Mapping):
        ends = [found.get("start"), found.get("end")]
    elif isinstance(found, list | tuple) and len(found) == 2:
        ends = list(found)
    elif found is not None:
        raise DataError(f"the {name} is {found!r:.60}, not a start and an end", hint=HINT)
    if all(each is None or each == "" for each in ends):
        return None
    start, end = (number_of(each, name) for each in ends)
    return start, end


def number_of(value: Any, name: str) -> int:
    """A whole number, which a csv holds as a string."""
    if isinstance(value, str) and value.strip().removeprefix("-").isdecimal():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # how pandas writes a column of integers with gaps
    if not isinstance(value, int) or isinstance(value, bool):
        raise DataError(f"the {name} has {value!r:.60} for a place, not a whole number", hint=HINT)
    return value


def characters(tokens: Sequence[str], span: Span, name: str) -> Span:
    """The characters of some tokens, in the text that they make."""
    start, end = span
    if not 0 <= start < end <= len(tokens):
        raise DataError(
            f"{name} [{start}, {end}] lies beyond the text, which has {len(tokens)} tokens, or is"
            " empty",
            hint="count tokens from 0; the end is the last one plus one",
        )
    found = places(tokens)
    return found[start][0], found[end - 1][1]
