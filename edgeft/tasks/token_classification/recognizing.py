"""Rows whose cells can be nothing but parts of a text, whatever their columns are called."""

import json
import re
from collections.abc import Mapping
from typing import Any

from edgeft.errors import DataError
from edgeft.tasks.token_classification.rows import WORD, span_of

TAG = re.compile(r"O|[BIESLUM]-.+", re.DOTALL)
"""a tag with a prefix, or that of no entity"""
NUMBERED = "tag"
"""what a column of tags' numbers is called, among others: any list of numbers might be meant"""
ENTITIES = "ner"
"""what the column of entities is called where there are others of tags"""


def columns_in(row: Mapping[str, Any]) -> dict[str, str]:
    """The columns of text and label in a row that has spans or tags; empty where it has none.

    Of a plain text without spans nobody can tell, for its cell is an empty list.
    """
    for name, cell in row.items():
        if is_spans(cell):
            texts = {other: each for other, each in row.items() if isinstance(each, str)}
            texts.pop(name, None)
            text = max(texts, key=lambda other: (other == "text", len(texts[other])), default="")
            return {"text": text, "label": name} if text else {}
    lists = {name: cell for name, cell in row.items() if isinstance(cell, list | tuple) and cell}
    told = [
        (text, label)
        for text, words in lists.items()
        for label, cell in lists.items()
        if text != label and len(words) == len(cell) and is_words(words) and is_tags(label, cell)
    ]
    told += [
        (text, label)
        for text, words in row.items()
        for label, cell in row.items()
        if isinstance(words, str) and isinstance(cell, str) and are_tags(cell, words)
    ]
    entities = [each for each in told if ENTITIES in each[1].casefold()]
    found = told if len(told) == 1 else entities  # beside parts of speech, say
    return dict(zip(("text", "label"), found[0], strict=True)) if len(found) == 1 else {}


def are_tags(cell: str, text: str) -> bool:
    """Whether a cell has a tag for each word of a text, which has no tags itself."""
    tags, words = cell.split(), WORD.findall(text)
    return len(tags) == len(words) and is_tags("", tags) and not is_tags("", words)


def is_spans(cell: Any) -> bool:
    """Whether a cell is a list of spans that is not empty, or JSON of one."""
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return False
    return isinstance(cell, list | tuple) and bool(cell) and all(map(is_span, cell))


def is_span(value: Any) -> bool:
    """Whether a value is a start, an end and a type, as the task reads them."""
    try:
        span_of(value)
    except DataError:
        return False
    return True


def is_tags(name: str, cell: Any) -> bool:
    """Whether a list may be tags: prefixed ones, or numbers in a column that is called so."""
    if all(isinstance(each, str) for each in cell):
        return all(TAG.fullmatch(each) for each in cell)
    return NUMBERED in name.casefold() and all(isinstance(each, int) for each in cell)


def is_words(cell: Any) -> bool:
    """Whether a list may be tokens."""
    return all(isinstance(each, str) and each for each in cell)
