"""What a step measured, a nested mapping, taken apart into facts and tables."""

from collections.abc import Iterator
from typing import Any

from edgeft.report.wording import leaf

LEAST_SHARED = 2
"""keys that mappings must have in common to be lines of one table"""


def fact_rows(found: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted key, value) for every leaf of a nested mapping, in its order; tables apart."""
    for key, value in found.items():
        name = f"{prefix}{key}"
        if is_log(value) or are_alike(value):
            continue
        if isinstance(value, dict):
            yield from fact_rows(value, f"{name}.")
        elif value not in (None, "", []):
            yield name, leaf(value)


def fact_tables(
    found: dict[str, Any], prefix: str = ""
) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Yield (dotted key, columns, rows) for every log, and for mappings that are alike."""
    for key, value in found.items():
        name = f"{prefix}{key}"
        if is_log(value):
            yield name, *tabled(value)
        elif are_alike(value):
            columns, rows = tabled([dict(fact_rows(each)) for each in value.values()])
            named = [[alike, *row] for alike, row in zip(value, rows, strict=True)]
            yield name, ["", *columns], named
        elif isinstance(value, dict):
            yield from fact_tables(value, f"{name}.")


def tabled(entries: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """A row an entry, and a column for each key that any of them has."""
    columns = list(dict.fromkeys(key for entry in entries for key in entry))
    return columns, [[leaf(entry.get(key, "")) for key in columns] for entry in entries]


def is_log(value: Any) -> bool:
    """Whether a value is a list of mappings, such as one for each epoch."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def are_alike(value: Any) -> bool:
    """Whether a value maps names to flat mappings of the same keys, such as one for each duel."""
    if not isinstance(value, dict) or len(value) < 2:
        return False
    entries = list(value.values())
    return all(is_flat(each) for each in entries) and (
        len(set.intersection(*map(set, entries))) >= LEAST_SHARED
    )


def is_flat(value: Any) -> bool:
    """Whether a value is a mapping of leaves, or of mappings of leaves."""
    return isinstance(value, dict) and all(
        all(map(is_leaf, each.values())) if isinstance(each, dict) else is_leaf(each)
        for each in value.values()
    )


def is_leaf(value: Any) -> bool:
    """Whether a value is written in one cell."""
    return not isinstance(value, dict) and not is_log(value)
