"""SQuAD's JSON: documents of paragraphs of questions; or an array of rows, as any task has them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from edgeft.errors import DataError

HINT = 'write {"data": [{"paragraphs": [{"context": ..., "qas": [...]}]}]}, or an array of rows'

Row = tuple[int, tuple[Any, ...] | DataError]
"""the number of a question, and its values, or what is wrong with it"""


def read_json(lines: Iterable[str], columns: Mapping[str, str]) -> Iterator[Row]:
    """Yield the number of each question, and what it holds of the roles in `columns`.

    What is wrong with one question is left to whoever reads its values. Raises DataError for a file
    of neither form, and for a column that it has not.
    """
    text = "".join(lines)
    try:
        found = json.loads(text)
    except ValueError as error:
        many = isinstance(error, json.JSONDecodeError) and error.msg == "Extra data"
        hint = "one object a line is a .jsonl file: rename it" if many else "mend the JSON"
        raise DataError(f"it is no JSON: {error}", hint=hint) from error
    if isinstance(found, list):
        yield from array(found, columns)
        return
    for role in columns:
        if role not in ("text", "pair", "label"):
            raise DataError(
                f"SQuAD's form has no place for the {role}",
                hint=f"leave `columns: {{{role}: ...}}` out, or write the data as jsonl",
            )
    for number, row in enumerate(questions(found), start=1):
        if "text" in columns and row["text"] is None:
            yield number, DataError("nothing is asked: its 'question' is missing", hint=HINT)
        else:
            yield number, tuple(row[role] for role in columns)


def array(rows: list[Any], columns: Mapping[str, str]) -> Iterator[Row]:
    """The rows of an array of objects."""
    for number, row in enumerate(rows, start=1):
        yield number, values_of(row, columns)


def values_of(row: Any, columns: Mapping[str, str]) -> tuple[Any, ...] | DataError:
    """A row's values of `columns`, or what is wrong with it."""
    if not isinstance(row, dict):
        return DataError(f"{row!r:.60} is no object", hint=HINT)
    for role, column in columns.items():
        if column not in row:
            return DataError(
                f"the row has no key {column!r}",
                hint=f"it has: {', '.join(row)}; say which is the {role}:"
                f" `columns: {{{role}: ...}}` in a recipe",
            )
    return tuple(row[column] for column in columns.values())


def questions(found: Any) -> Iterator[dict[str, Any]]:
    """Each question of a SQuAD file by role; its answer is all that is said of it."""
    for number, document in enumerate(items(found, "data", "it"), start=1):
        where = f"document {number}"
        for place, paragraph in enumerate(items(document, "paragraphs", where), start=1):
            for asked in items(paragraph, "qas", f"paragraph {place} of {where}"):
                yield {
                    "text": asked.get("question") if isinstance(asked, dict) else asked,
                    "pair": paragraph.get("context"),
                    "label": asked,
                }


def items(found: Any, key: str, what: str) -> list[Any]:
    """The list under a key; raises DataError where there is none."""
    inside = found.get(key) if isinstance(found, dict) else None
    if not isinstance(inside, list):
        raise DataError(f"{what} has no list {key!r}", hint=HINT)
    return inside
