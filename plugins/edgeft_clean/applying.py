"""Does to the rows what was decided: drops some, relabels or down-weights others."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from edgeft.data.rows import answers_of, copy_split, open_split, write_split
from edgeft.plugin import DataError, Dataset, Task
from edgeft_clean.findings import Decision


def apply(data: Dataset, folder: Path, decisions: list[Decision], task: Task) -> dict[str, int]:
    """Write every split into `folder` with the decisions followed; returns its rows by name.

    An augmented copy goes the way of the row it was made of. Raises DataError where nothing would
    be left of a label in train, or of a split, naming the last line that took a row of it.
    """
    dropped = pa.array([each.row for each in decisions if each.action == "drop"], pa.int64())
    renamed = {each.row: each.new_label for each in decisions if each.action == "relabel"}
    lighter = {each.row: each.weight for each in decisions if each.action == "down-weight"}
    rows = {}
    for split in data.splits:
        if not any(each.split == split and each.action != "keep" for each in decisions):
            rows[split] = copy_split(data, folder, split)
            continue
        table = open_split(data, split).with_format("arrow")[:]
        origin = pc.coalesce(table["parent"], table["id"])
        keep = pc.invert(pc.is_in(origin, value_set=dropped))
        table, origin = table.filter(keep), origin.filter(keep)
        table = with_weights(with_labels(table, origin, renamed), origin, lighter)
        if not len(table):
            gone = [each for each in decisions if (each.split, each.action) == (split, "drop")]
            raise DataError(f"{last(gone)}leave no row of {split}", hint="keep some of its rows")
        if split == "train":
            refuse_lost_labels(data, table, decisions, task)
        rows[split] = write_split(folder, split, table)
    return rows


def with_labels(table: pa.Table, origin: pa.ChunkedArray, renamed: dict[int, str]) -> pa.Table:
    """The table with other labels for the rows, and copies of rows, that got one."""
    if not renamed:
        return table
    keys = pa.array(list(renamed), pa.int64())
    places = pc.index_in(origin, value_set=keys)
    new = pc.take(pa.array(list(renamed.values()), pa.string()), places)
    column = table.schema.get_field_index("label")
    # a copy that mixes two texts has no label, and gets none
    label = pc.if_else(pc.is_null(table["label"]), None, pc.coalesce(new, table["label"]))
    # what a teacher said of it was said of its old label
    soft = pc.if_else(pc.is_valid(new), None, table["soft"])
    table = table.set_column(table.schema.get_field_index("soft"), "soft", soft)
    return table.set_column(column, "label", label)


def with_weights(table: pa.Table, origin: pa.ChunkedArray, lighter: dict[int, float]) -> pa.Table:
    """The table with the weights of rows, and of their copies, multiplied by what they got."""
    if not lighter:
        return table
    places = pc.index_in(origin, value_set=pa.array(list(lighter), pa.int64()))
    factors = pc.take(pa.array(list(lighter.values()), pa.float64()), places)
    weights = pc.multiply(pc.coalesce(table["weight"], 1.0), factors)
    column = table.schema.get_field_index("weight")
    return table.set_column(column, "weight", pc.coalesce(weights, table["weight"]))


def refuse_lost_labels(
    data: Dataset, table: pa.Table, decisions: list[Decision], task: Task
) -> None:
    """Raise DataError where what is left of train has no row of a label any more."""
    left = task.counts(table["label"].to_pylist(), data.labels)
    before = class_balance(data, task)
    lost = sorted(label for label, count in before.items() if count and not left.get(label))
    if lost:
        gone = [
            each
            for each in decisions
            if each.split == "train"
            and each.action in ("drop", "relabel")
            and task.counts([each.label or None], data.labels).get(lost[0])
        ]
        raise DataError(
            f"{last(gone)}leave no training row with the label {lost[0]!r}",
            hint="keep some of its rows, or take the label out of the data",
        )


def last(decisions: list[Decision]) -> str:
    """What an error says of decisions, with the last one's place in the file."""
    where = decisions[-1].where if decisions else ""
    return f"{where}: the decisions " if where else "the decisions "


def before_and_after(data: Dataset, decisions: list[Decision]) -> dict[str, Any]:
    """What the report says: rows before, and how many had what done to them."""
    by_action = Counter(each.action for each in decisions)
    changed = Counter(each.split for each in decisions if each.action == "drop")
    return {
        "rows_before": dict(data.manifest.rows),
        "dropped": by_action["drop"],
        "relabelled": by_action["relabel"],
        "down_weighted": by_action["down-weight"],
        "kept": by_action["keep"],
        "dropped_by_split": dict(changed),
    }


def class_balance(data: Dataset, task: Task) -> dict[str, int]:
    """Training rows by label, the most frequent first; empty where rows have no labels."""
    found = task.counts(answers_of(open_split(data, "train")), data.labels)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def imbalance(balance: dict[str, int]) -> float:
    """Rows of the most frequent label for one of the rarest."""
    counts = np.asarray([count for count in balance.values() if count])
    return float(counts.max() / counts.min()) if len(counts) else 1.0
