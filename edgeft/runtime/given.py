"""What a model is asked about, and what is said of anything else."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from edgeft.errors import DataError

Given = str | tuple[str, str]
"""what a model is asked about: a text, or a text and a second one"""


def parts_of_pairs(texts: Sequence[Any]) -> list[Any]:
    """The first and the second of each pair, one after another; raises DataError for no pair."""
    for place, given in enumerate(texts):
        if not isinstance(given, tuple | list) or len(given) != 2:
            where = "the text" if len(texts) == 1 else f"text {place}"
            raise DataError(
                f"{where} is {given!r:.60}, and this model reads two texts together",
                hint="pass a tuple of two strings, or a list of such tuples",
            )
    return [part for given in texts for part in given]


def refuse_no_text(texts: Sequence[Any]) -> None:
    """Raise DataError where something is no string."""
    if not all(isinstance(text, str) for text in texts):
        raise not_text(texts)


def not_text(texts: Sequence[Any]) -> DataError:
    """The error that names the first of `texts` that cannot be tokenized."""
    for place, text in enumerate(texts):
        where = "the text" if len(texts) == 1 else f"text {place}"
        if not isinstance(text, str):
            return DataError(
                f"{where} is {text!r:.60}, of type {type(text).__name__}, not a string",
                hint="pass a string or a list of strings",
            )
        try:
            text.encode()
        except UnicodeError:
            return DataError(
                f"{where} holds half of a surrogate pair, which is no character",
                hint="decode it again: text.encode('utf-16', 'surrogatepass').decode('utf-16')",
            )
    return DataError("the texts cannot be tokenized", hint="pass a list of strings")


def each_as(texts: Iterable[Any], read: Callable[[Any], Any]) -> Iterator[Any]:
    """Each text as `read` has it; raises DataError that says which one it refuses."""
    for place, each in enumerate(texts):
        try:
            yield read(each)
        except DataError as error:
            raise DataError(f"text {place}: {error.message}", hint=error.hint) from error
