"""Adds the rows of other data to the training rows: rows of their own, which count by a weight."""

import shutil
from collections.abc import Iterator
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from edgeft.data.checking import Checked
from edgeft.data.copies import copy_all_but
from edgeft.data.labels import closest
from edgeft.data.rows import (
    BATCH,
    arrow_batches,
    likeness_of,
    next_id,
    open_split,
    with_ids,
    write_batches,
)
from edgeft.plugin import Augmenter, DataError, Dataset, Task
from edgeft.progress import Progress
from edgeft_augment.options import CombineOptions
from edgeft_augment.reading import read


def combine(step: Augmenter[CombineOptions], data: Dataset) -> Dataset:
    """Write `data` with the rows of the sources behind its training rows.

    Raises DataError for a label that the data does not have, naming the place of its row, and for
    an entry of `labels` that nothing comes of.
    """
    options, progress = step.options, step.context.progress
    refuse_unknown_names(options, data.labels)
    with step.writing(Dataset, data=data) as draft:
        spool = draft.path / ".spool"
        spool.mkdir()
        tables: list[pa.Table] = []
        found: dict[str, dict[str, int]] = {}
        theirs: set[str] = set()
        for name, weight in options.sources.items():
            checked = read(name, "sources", spool / str(len(tables)), step)
            theirs.update(pc.unique(checked.table["label"]).to_pylist())
            table = renamed(checked, options, data.labels)
            found[name] = {"rows": len(checked.table), "unknown": len(checked.table) - len(table)}
            tables.append(weighing(table, weight))
        refuse_unused(options, theirs)
        tables = without_held_out(tables, data, step.context.task, progress)
        for (name, counts), table in zip(found.items(), tables, strict=True):
            counts["held_out"] = counts["rows"] - counts["unknown"] - len(table)
            counts["added"] = len(table)
            progress.note(told(name, counts))
        copy_all_but("train", data, draft)
        batches = chain(arrow_batches(open_split(data, "train")), numbered(tables, next_id(data)))
        draft.manifest.rows["train"] = write_batches(draft.path, "train", batches)
        draft.figures = {"added": sum(each["added"] for each in found.values()), "sources": found}
        shutil.rmtree(spool)
    return draft.artifact


def renamed(checked: Checked, options: CombineOptions, names: list[str]) -> pa.Table:
    """The rows with their labels as they are called here, without those that have no such label.

    Raises DataError for the first of these, unless they are to be left out.
    """
    labels = checked.table["label"]
    if options.labels:
        places = pc.index_in(labels, value_set=pa.array(list(options.labels), pa.string()))
        ours = pc.take(pa.array(list(options.labels.values()), pa.string()), places)
        labels = pc.coalesce(ours, labels)
    known = pc.is_in(labels, value_set=pa.array(names, pa.string()))
    row = pc.index(known, False).as_py()
    if row >= 0 and options.unknown == "refuse":
        label = labels[row].as_py()
        near = closest(label, names) if label not in options.labels else ""
        raise DataError(
            f"{checked.place(row)}: label {label!r} is not among the data's {len(names)} labels",
            hint=f"{near.partition(',')[0] + ' ' if near.startswith('did') else ''}say what it is"
            f" called here: `labels: {{{label}: ...}}`, or set `unknown: leave-out`",
        )
    column = checked.table.schema.get_field_index("label")
    return checked.table.set_column(column, "label", labels).filter(known)


def weighing(table: pa.Table, weight: float) -> pa.Table:
    """The rows, each with the weight of their source times its own if it has one."""
    weights = pc.multiply(pc.fill_null(table["weight"], 1.0), weight)
    return table.set_column(table.schema.get_field_index("weight"), "weight", weights)


def without_held_out(
    tables: list[pa.Table], data: Dataset, task: Task, progress: Progress
) -> list[pa.Table]:
    """The tables without rows that are, or nearly are, like one of validation or test.

    Rows of two texts are alike where both are.
    """
    held_out = [
        open_split(data, split).with_format("arrow")[:]
        for split in ("validation", "test")
        if split in data.splits
    ]
    everything = pa.concat_tables(each.select(["text", "pair"]) for each in [*held_out, *tables])
    with progress.bar("comparing", len(everything), "texts") as bar:
        near = likeness_of(everything, task, bar).near
    start = sum(len(each) for each in held_out)
    measured_on = np.unique(near[:start])
    kept = []
    for table in tables:
        own = near[start : start + len(table)]
        kept.append(table.filter(pa.array(~np.isin(own, measured_on))))
        start += len(table)
    return kept


def numbered(tables: list[pa.Table], first: int) -> Iterator[pa.RecordBatch]:
    """Batches of a split's columns: rows that are nobody's copy, with ids from `first` on."""
    for table in tables:
        for batch in table.to_batches(max_chunksize=BATCH):
            yield with_ids(batch, np.arange(first, first + batch.num_rows))
            first += batch.num_rows


def refuse_unknown_names(options: CombineOptions, names: list[str]) -> None:
    """Raise DataError for a name that a label is to get, and that the data does not have."""
    for theirs, ours in options.labels.items():
        if ours not in names:
            raise DataError(
                f"labels: {theirs} is to be called {ours!r}, which is not among the data's"
                f" {len(names)} labels",
                hint=closest(ours, names),
            )


def refuse_unused(options: CombineOptions, theirs: set[str]) -> None:
    """Raise DataError for a label that is to be renamed, and that no source has."""
    for label in options.labels:
        if label not in theirs:
            raise DataError(
                f"labels: no source has a label {label!r}",
                hint=f"they have: {', '.join(sorted(theirs)[:10])}",
            )


def told(name: str, counts: dict[str, int]) -> str:
    """What became of a source's rows, in a sentence."""
    left_out = [
        f"{counts[key]:,} {why}"
        for key, why in (("unknown", "with an unknown label"), ("held_out", "like a held-out text"))
        if counts[key]
    ]
    without = f"; left out: {', '.join(left_out)}" if left_out else ""
    return f"combine adds {counts['added']:,} of the {counts['rows']:,} rows of {name}{without}"
