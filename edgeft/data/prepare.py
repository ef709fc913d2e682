"""Reads a data source, checks it, splits it, describes it, and writes it as a Dataset."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from edgeft.artifacts import SPLITS, Dataset, Draft
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.checking import Checked, check, left_out, list_skipped, telling_of_skipped
from edgeft.data.labels import answers_of, check_labels
from edgeft.data.likeness import Likeness
from edgeft.data.notes import notes
from edgeft.data.rows import likeness_of, sides_of, with_ids, write_batches
from edgeft.data.sources import NamesSource, sources
from edgeft.data.splitting import divisible, hold_out, rows_together, united
from edgeft.data.summary import describe, measure, weighted
from edgeft.errors import DataError
from edgeft.manifests import Record
from edgeft.steps import installed_version
from edgeft.tasks import Task


def prepare(
    source: DataSource,
    task: Task,
    context: Context,
    *,
    find: Callable[[str], Path | None],
    goes_on: bool = False,
) -> Dataset:
    """Write the dataset that a recipe's `data` describes to `context.out`.

    `find` turns a sample's name into a file or folder, or None. Labels are the sorted names found
    in train; one is enough where a training `goes_on` with a model that knows others. Raises
    DataError naming the file, line, column or label that cannot be used.
    """
    started = time.perf_counter()
    with Dataset.create(context.out, force=context.force) as draft:
        spool = draft.path / ".spool"
        spool.mkdir()
        found = sources(source, task, find)
        checked = {}
        for role, each in found.items():
            with context.progress.bar(f"reading {each}", unit="rows") as bar:
                checked[role] = check(each, task, spool / role, bar, skip=source.skip_bad_rows)
        train = checked["train"]
        with telling_of_skipped(checked):
            texts = (text.as_py() for text in train.table["text"])
            names = task.names_in(texts, task.label_names(answers_of(train)))
            check_labels(checked, names, task, splits=bool(shares(source)), goes_on=goes_on)
            write(draft, checked, names, source, task, context)
        list_skipped(checked, spool, draft.path)
        draft.manifest.task = task.name
        draft.manifest.labels = names
        draft.manifest.fingerprint = context.fingerprint
        draft.manifest.history = [
            Record(
                kind="data",
                method="prepare",
                plugin="edgeft",
                version=installed_version("edgeft"),
                options=source.model_dump(mode="json"),
                seed=context.seed,
                inputs={role: each.digest() for role, each in found.items()},
                seconds=round(time.perf_counter() - started, 2),
                packages={"datasets": installed_version("datasets")},
            )
        ]
        shutil.rmtree(spool)
    return draft.artifact


def write(
    draft: Draft[Dataset],
    checked: dict[str, Checked],
    names: list[str],
    source: DataSource,
    task: Task,
    context: Context,
) -> None:
    """Split the rows, write every split's file, and say in the manifest what they are like."""
    tables = {role: each.table.drop_columns("number") for role, each in checked.items()}
    everything = pa.concat_tables(tables.values())
    with context.progress.bar("comparing", len(everything), "texts") as bar:
        likeness = likeness_of(everything, task, bar)
    answers = everything["label"].to_pylist()
    measured = measure(everything, likeness)
    if (together := rows_together(list(tables.values()), task)) is not None:
        likeness = united(likeness, together)
        measured = measured.in_groups(likeness)
    rows = {}
    start = 0
    for role, table in tables.items():
        rows[role] = np.arange(start, start + len(table))
        start += len(table)
    strata = task.strata(answers[: len(tables["train"])], names)
    sides = sides_of(everything, task, likeness)
    rows |= split_off(rows["train"], strata, sides, source, context.seed)
    in_both = {}
    if "unlabelled" in rows:
        pool = rows["unlabelled"]
        rows["unlabelled"] = without_held_out(pool, rows, likeness)
        in_both["held_out_in_pool"] = len(pool) - len(rows["unlabelled"])
        if not len(rows["unlabelled"]):
            raise DataError(
                f"{source.unlabelled}: each of its texts stands in validation or test too",
                hint="name other texts, or leave `unlabelled:` out",
            )
    rows = {split: rows[split] for split in SPLITS if split in rows}
    for split, indices in rows.items():
        draft.manifest.rows[split] = write_batches(draft.path, split, picked(everything, indices))
    summary = describe(
        measured,
        rows,
        names,
        {
            split: task.counts([answers[row] for row in found], names)
            for split, found in rows.items()
        },
    )
    summary["sources"] = {role: str(each.source) for role, each in checked.items()}
    if isinstance(checked["train"].source, NamesSource):
        summary["called"] = checked["train"].source.called
    weights = everything["weight"].take(pa.array(rows["train"]))
    summary |= left_out(checked) | in_both | weighted(weights)
    summary["notes"] = notes(summary)
    draft.manifest.summary = summary
    for note in summary["notes"]:
        context.progress.note(note)


def split_off(
    train: np.ndarray, labels: np.ndarray, likeness: Likeness, source: DataSource, seed: int
) -> dict[str, np.ndarray]:
    """What stays of the rows of train (rows,), and the splits that are taken from it.

    A split takes its share of each of the `labels` (rows,).
    """
    random = np.random.default_rng(seed)
    groups = divisible(labels, Likeness(likeness.exact[train], likeness.near[train]))
    rows = np.arange(len(train))
    split: dict[str, np.ndarray] = {}
    remaining = 1.0
    for role, share in shares(source).items():
        out = hold_out(labels[rows], groups[rows], share / remaining, random)
        if not out.any():
            raise DataError(
                f"{source.train}: the texts of each label are all alike, none is left for {role}",
                hint=f"name texts of their own: `data: {{{role}: ...}}`",
            )
        split[role], rows = train[rows[out]], rows[~out]
        remaining -= share
    return {"train": train[rows], **split}


def without_held_out(
    pool: np.ndarray, rows: dict[str, np.ndarray], likeness: Likeness
) -> np.ndarray:
    """The rows of the pool (rows,) that are like no text of validation or test.

    A student that learned its teacher's answers to such texts would be judged too well.
    """
    held_out = np.concatenate([rows[split] for split in ("validation", "test") if split in rows])
    return pool[~np.isin(likeness.near[pool], likeness.near[held_out])]


def shares(source: DataSource) -> dict[str, float]:
    """The splits to take from train, and which share of it each is."""
    wanted = {} if source.test or not source.test_size else {"test": source.test_size}
    return wanted if source.validation else {**wanted, "validation": source.validation_size}


def picked(table: pa.Table, indices: np.ndarray) -> Iterator[pa.RecordBatch]:
    """Batches of a split's columns: the rows of `table` at ascending `indices`, which are ids."""
    start = 0
    for batch in table.to_batches():
        low, high = np.searchsorted(indices, [start, start + batch.num_rows])
        ids = indices[low:high]
        if len(ids):
            yield with_ids(batch.take(pa.array(ids - start)), ids)
        start += batch.num_rows
