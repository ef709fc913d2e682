"""What a person should know of a dataset before training on it: counted once, kept, printable."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from edgeft.data.likeness import Likeness

MANY_LABELS = 20
"""labels that are listed one by one; of more, the largest and smallest are shown"""


def describe(
    tables: dict[str, pa.Table], rows: dict[str, np.ndarray], labels: list[str], likeness: Likeness
) -> dict[str, Any]:
    """The summary of a dataset.

    `tables` holds every split's columns text and label, `rows` the places of its rows in
    `likeness`. Keys: labels, splits (rows, balance, lengths, duplicates), overlap with train.
    """
    splits = {
        split: {
            "rows": len(table),
            "labels": balance(table["label"], labels) if split != "unlabelled" else {},
            **lengths(table["text"]),
            "duplicates": duplicates(likeness, rows[split]),
        }
        for split, table in tables.items()
    }
    return {
        "labels": len(labels),
        "splits": splits,
        "conflicting": conflicting(tables["train"]["label"], likeness.exact[rows["train"]]),
        "overlap": {
            split: overlap(likeness, rows["train"], rows[split])
            for split in tables
            if split != "train"
        },
    }


def balance(column: pa.ChunkedArray, labels: list[str]) -> dict[str, int]:
    """How many rows every label has, in the labels' order."""
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(column).to_pylist()}
    return {label: counts.get(label, 0) for label in labels}


def lengths(texts: pa.ChunkedArray) -> dict[str, dict[str, int]]:
    """The median, 95th percentile and maximum of the texts' characters and words."""
    counts = {
        "characters": pc.utf8_length(texts),
        "words": pc.count_substring_regex(texts, pattern=r"\S+"),
    }
    return {unit: quantiles(found.to_numpy()) for unit, found in counts.items()}


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


def conflicting(labels: pa.ChunkedArray, groups: np.ndarray) -> int:
    """How many rows have a text that stands elsewhere under another label."""
    codes = labels.combine_chunks().dictionary_encode().indices.to_numpy()
    stride = int(codes.max()) + 1
    labels_of_group = np.bincount(np.unique(groups * stride + codes) // stride)
    return int((labels_of_group[groups] > 1).sum())


def render(summary: dict[str, Any]) -> str:
    """The summary as a person reads it in a terminal."""
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
    lines += ["", f"{summary['labels']} labels in train:", *render_balance(summary)]
    lines += ["", *(f"note: {note}" for note in summary.get("notes", []))]
    return "\n".join(lines).rstrip() + "\n"


def render_balance(summary: dict[str, Any]) -> list[str]:
    """A line a label, largest first; of many labels, the ends of the list."""
    train = summary["splits"]["train"]
    counts = sorted(train["labels"].items(), key=lambda entry: (-entry[1], entry[0]))
    lines = [f"  {label:<40}{count:>10,}{count / train['rows']:>8.1%}" for label, count in counts]
    if len(lines) <= MANY_LABELS:
        return lines
    ends = MANY_LABELS // 2
    return [*lines[:ends], f"  ... {len(lines) - 2 * ends} more ...", *lines[-ends:]]
