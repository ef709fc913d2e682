"""The data of a run: sizes, lengths and repetitions of the splits, balance of the labels."""

from typing import Any

from edgeft.report.blocks import Block, Details, Table, Text, facts
from edgeft.report.confusions import FEW_LABELS


def dataset(summary: dict[str, Any]) -> list[Block]:
    """A row a split, and a row a label; the summary's notes stand among the cautions."""
    if "splits" not in summary:
        return facts(summary)
    splits = summary["splits"]
    overlap = summary.get("overlap", {})
    rows = [
        [
            split,
            f"{found['rows']:,}",
            spread(found["characters"]),
            spread(found["words"]),
            f"{found['duplicates']['near']:,}",
            f"{overlap[split]['near']:,}" if split in overlap else "",
        ]
        for split, found in splits.items()
    ]
    columns = ["split", "texts", "characters", "words", "repeated", "also in train"]
    return [
        Table(columns, rows),
        Text("Lengths are the median, the 95th percentile and the maximum."),
        *balance(splits),
        *cleaned(summary.get("cleaning")),
    ]


def cleaned(cleaning: dict[str, Any] | None) -> list[Block]:
    """What a review found, and what was done about it; nothing where nobody reviewed the data."""
    if not cleaning:
        return []
    found = sorted(cleaning["found"].items(), key=lambda each: (-each[1], each[0]))
    before, after = (sum(cleaning[key].values()) for key in ("rows_before", "rows_after"))
    lighter = cleaning.get("down_weighted", 0)
    done = (
        f"{cleaning['dropped']:,} rows were dropped and {cleaning['relabelled']:,} relabelled"
        f"{f', {lighter:,} down-weighted' if lighter else ''}: {before:,} rows before,"
        f" {after:,} after."
        if cleaning["dropped"] or cleaning["relabelled"] or lighter
        else "No row was changed."
    )
    if not found:
        return [Text(f"The review was given its decisions. {done}" if cleaning["given"] else done)]
    return [
        Text(f"The review found {worth_a_look(cleaning['proposed'])} worth a look. {done}"),
        Table(["what", "rows"], [[name, f"{count:,}"] for name, count in found]),
    ]


def worth_a_look(proposed: dict[str, int]) -> str:
    """How many rows something is proposed for: `1 row`."""
    count = sum(proposed.values())
    return f"{count:,} row{'' if count == 1 else 's'}"


def balance(splits: dict[str, Any]) -> list[Block]:
    """How many texts each label has; folded where there are many labels."""
    labelled = [split for split, found in splits.items() if found["labels"]]
    counts = splits["train"]["labels"]
    if not counts:
        return []
    rows = [
        [name, *(f"{splits[split]['labels'].get(name, 0):,}" for split in labelled)]
        for name in counts
    ]
    table = Table(["label", *labelled], rows)
    if len(counts) <= FEW_LABELS:
        return [table]
    rarest, commonest = min(counts, key=counts.get), max(counts, key=counts.get)
    return [
        Text(
            f"In train, labels have from {counts[rarest]:,} ({rarest}) to {counts[commonest]:,}"
            f" ({commonest}) texts."
        ),
        Details("Texts of each label", [table]),
    ]


def spread(found: dict[str, int]) -> str:
    """Median, 95th percentile and maximum in one cell."""
    return " / ".join(f"{found[key]:,}" for key in ("p50", "p95", "max"))
