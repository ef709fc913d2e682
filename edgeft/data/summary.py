"""What a person should know of a dataset before training on it: counted once, kept, printable."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from edgeft.columns import padded
from edgeft.data.likeness import Likeness
from edgeft.letters import WIDE_MARKS
from edgeft.runtime.units import NO_SPACES

WORDS = rf"[{NO_SPACES}]\pM*|[^\s\x{{3000}}{NO_SPACES}{WIDE_MARKS}]+"
"""what counts as a word: what stands between spaces, and single characters of scripts without"""
MANY_LABELS = 20
"""labels that are listed one by one; of more, the largest and smallest are shown"""


@dataclass(frozen=True)
class Measured:
    """Every text of a dataset, measured: arrays (texts,) in one order."""

    characters: np.ndarray
    words: np.ndarray
    answers: np.ndarray
    """numbers of the answers, equal for equal ones; -1 where there is none"""
    likeness: Likeness
    groups: Likeness | None = None
    """of the groups that rows stand in, where these tell whether a row stands in two splits"""

    def in_groups(self, groups: Likeness) -> Self:
        """The same of rows whose answers say which rows they belong to, and nothing of a text."""
        return replace(self, groups=groups, answers=np.full_like(self.answers, -1))


def measure(table: pa.Table, likeness: Likeness) -> Measured:
    """Measure the texts and answers of a table with columns text, label and, maybe, pair.

    Two texts that are read together are as long as both.
    """
    words = partial(pc.count_substring_regex, pattern=WORDS)
    known = pc.unique(table["label"]).drop_null()
    places = pc.index_in(table["label"], value_set=known, skip_nulls=True)
    return Measured(
        characters=lengths(table, pc.utf8_length),
        words=lengths(table, words),
        answers=pc.fill_null(places, -1).to_numpy().astype(np.int64),
        likeness=likeness,
    )


def lengths(table: pa.Table, length: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> np.ndarray:
    """How long the texts of each row are: (rows,)."""
    names = [name for name in ("text", "pair") if name in table.column_names]
    each = [pc.fill_null(length(table[name]), 0).to_numpy() for name in names]
    found: np.ndarray = np.sum(each, axis=0)
    return found


def describe(
    measured: Measured,
    rows: dict[str, np.ndarray],
    labels: list[str],
    counts: dict[str, dict[str, int]],
) -> dict[str, Any]:
    """The summary of a dataset whose splits are `rows` (indices) of what was measured.

    `counts` says of each split how often each label stands in it. Keys: labels, splits (rows,
    labels, lengths, duplicates), conflicting, overlap with train.
    """
    likeness = measured.likeness
    return {
        "labels": len(labels),
        "splits": {
            split: {
                "rows": len(indices),
                "labels": counts[split],
                "characters": quantiles(measured.characters[indices]),
                "words": quantiles(measured.words[indices]),
                "duplicates": duplicates(likeness, indices),
            }
            for split, indices in rows.items()
        },
        "conflicting": conflicting(measured.answers[rows["train"]], likeness.exact[rows["train"]]),
        "overlap": {
            split: overlap(measured.groups or likeness, rows["train"], indices)
            for split, indices in rows.items()
            if split != "train"
        },
    }


def weighted(weights: pa.ChunkedArray) -> dict[str, Any]:
    """How many rows count otherwise than 1, and the least and most that any counts.

    As `weighted`, where there are such rows; else nothing.
    """
    found = np.asarray(pc.fill_null(weights, 1.0))
    others = int((found != 1).sum())
    if not others:
        return {}
    return {"weighted": {"rows": others, "least": float(found.min()), "most": float(found.max())}}


def quantiles(values: np.ndarray) -> dict[str, int]:
    """The median, 95th percentile and maximum of counts (rows,)."""
    p50, p95 = np.quantile(values, [0.5, 0.95])
    return {"p50": round(p50), "p95": round(p95), "max": int(values.max())}


def duplicates(likeness: Likeness, rows: np.ndarray) -> dict[str, int]:
    """How many of the rows repeat an earlier one: exactly, or nearly (exact ones included)."""
    return {
        "exact": len(rows) - len(np.unique(likeness.exact[rows])),
        "near": len(rows) - len(np.unique(likeness.near[rows])),
    }


def overlap(likeness: Likeness, train: np.ndarray, other: np.ndarray) -> dict[str, int]:
    """How many rows of another split stand in train: exactly, or nearly (exact ones included)."""
    return {
        "exact": int(np.isin(likeness.exact[other], likeness.exact[train]).sum()),
        "near": int(np.isin(likeness.near[other], likeness.near[train]).sum()),
    }


def conflicting(labels: np.ndarray, groups: np.ndarray) -> int:
    """How many rows have a text that stands elsewhere under another label."""
    stride = int(labels.max()) + 1
    if not stride:  # no row has a label
        return 0
    labels_of_group = np.bincount(np.unique(groups * stride + labels) // stride)
    return int((labels_of_group[groups] > 1).sum())


def render(summary: dict[str, Any], *, notes: bool = True) -> str:
    """The summary as a person reads it in a terminal, with its notes or without."""
    lines = [
        f"{'split':<12}{'rows':>10}{'characters p50/p95/max':>26}{'words p50/p95/max':>22}"
        f"{'repeated':>10}{'in train':>10}"
    ]
    for split, found in summary["splits"].items():
        characters = "/".join(str(value) for value in found["characters"].values())
        words = "/".join(str(value) for value in found["words"].values())
        shared = summary["overlap"].get(split)
        lines.append(
            f"{split:<12}{found['rows']:>10,}{characters:>26}{words:>22}"
            f"{found['duplicates']['near']:>10,}{shared['near'] if shared else '-':>10}"
        )
    if summary["splits"].get("train", {}).get("labels"):
        counted = len(summary["splits"]["train"]["labels"])
        lines += ["", f"{counted} labels in train:", *render_balance(summary)]
    if notes:
        lines += ["", *(f"note: {note}" for note in summary.get("notes", []))]
    return "\n".join(lines).rstrip() + "\n"


def render_balance(summary: dict[str, Any]) -> list[str]:
    """A line a label with its share of the rows, largest first; of many, the ends of the list.

    Where other things are counted than labels, such as the types of parts, shares are of those.
    """
    train = summary["splits"]["train"]
    found = train["labels"]
    total = train["rows"] if len(found) == summary["labels"] else sum(found.values())
    counts = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
    lines = [f"  {padded(label, 40)}{count:>10,}{count / total:>8.1%}" for label, count in counts]
    if len(lines) <= MANY_LABELS:
        return lines
    ends = MANY_LABELS // 2
    return [*lines[:ends], f"  ... {len(lines) - 2 * ends} more ...", *lines[-ends:]]
