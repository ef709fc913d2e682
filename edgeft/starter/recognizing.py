"""Which task alone has rows such as somebody's, by what stands in their cells."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeft.starter.looking import table

if TYPE_CHECKING:
    from edgeft.registry import Registry
    from edgeft.tasks import Task

FEW = 200
"""first rows that are looked at: cells of a form of their own are told by any of them"""

NOTHING: tuple[Any, ...] = ([], (), "[]", "", None)
"""cells of a label that tell nothing"""
Rows = Sequence[Mapping[str, Any]]


def first_rows(path: Path, encoding: str) -> list[dict[str, Any]]:
    """The first rows of a file of rows, each by column."""
    columns, rows = table(path, encoding)
    return [dict(zip(columns, values, strict=True)) for _, values in islice(rows, FEW)]


def own_columns(kind: "Task", rows: Rows) -> dict[str, str]:
    """The columns of a task's roles in rows that only it can have; empty where others can, too."""
    found = [kind.own_columns(row) for row in rows]
    told = next(filter(None, found), {})
    alike = all(
        each == told or (not each and row.get(told["label"]) in NOTHING)
        for row, each in zip(rows, found, strict=True)
        if told
    )
    return told if alike else {}


def task_of_rows(rows: Rows, registry: "Registry") -> str:
    """The task that alone can have such rows; empty where there is none."""
    return next((name for name in registry.tasks if own_columns(registry.task(name), rows)), "")
