"""Which augment step made which copies, as far as the history of a dataset tells.

Each step's copies come behind all that are there, with ids that count on: in the order of ids they
are those of the first step, then those of the second.
"""

from itertools import count

import datasets
import numpy as np

from edgeft.data.rows import is_copy
from edgeft.plugin import Dataset, Record


def by_step(
    data: Dataset, train: datasets.Dataset, judged: np.ndarray, doubted: np.ndarray
) -> dict[str, dict[str, int]]:
    """How many copies of each augment step were judged, and how many of these are left out.

    `judged` and `doubted` are bool (rows of train,). Empty where the history tells of more copies
    than there are, or fewer: another step took some away, or made some, and did not count them.
    """
    left = left_of_steps(data.manifest.history)
    copies = np.flatnonzero(is_copy(train))
    if not left or sum(left.values()) != len(copies):
        return {}
    ids = train.select_columns(["id"]).with_format("arrow")[:]["id"].to_numpy()
    in_order = copies[np.argsort(ids[copies], kind="stable")]
    parts = np.split(in_order, np.cumsum(list(left.values()))[:-1])
    return {
        name: {"copies": int(judged[part].sum()), "left_out": int(doubted[part].sum())}
        for name, part in zip(left, parts, strict=True)
        if judged[part].any()
    }


def left_of_steps(history: list[Record]) -> dict[str, int]:
    """How many copies each augment step of a history made that no later one took out again."""
    left: dict[str, int] = {}
    for record in history:
        if record.kind != "augment":
            continue
        if record.method == "filter":
            for name, counts in record.figures.get("by_step", {}).items():
                left[name] -= counts["left_out"]
        elif "added" in record.figures and "sources" not in record.figures:
            left[free_name(record.method, left)] = record.figures["added"]
    return left


def free_name(name: str, taken: dict[str, int]) -> str:
    """The name, or name-2, name-3 where a step was taken before."""
    candidates = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(each for each in candidates if each not in taken)


def told(counts: dict[str, dict[str, int]]) -> str:
    """How many copies of each step are left out, in brackets; nothing of a single one."""
    if len(counts) < 2:
        return ""
    listed = (
        f"{each['left_out']:,} of {each['copies']:,} by {name}" for name, each in counts.items()
    )
    return f" ({', '.join(listed)})"
