"""Which columns of somebody's rows a task reads, where cells are of a form that only it has."""

from collections.abc import Callable, Mapping
from typing import Any


def beside(row: Mapping[str, Any], is_own: Callable[[str], bool]) -> dict[str, str]:
    """The column of the one text that `is_own`, and of the label; empty where not both are clear.

    The label is in the column of that name, or in the only other one.
    """
    texts = [name for name, cell in row.items() if isinstance(cell, str) and is_own(cell)]
    others = [name for name in row if name not in texts]
    label = "label" if "label" in others else others[0] if len(others) == 1 else ""
    return {"text": texts[0], "label": label} if len(texts) == 1 and label else {}
