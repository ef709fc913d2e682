"""Reads labelled texts as a dataset that is only scored on: one split, nothing held back."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from edgeft.artifacts import Dataset
from edgeft.data import DataSource
from edgeft.data.checking import Checked, check, left_out
from edgeft.data.labels import answers_of
from edgeft.data.notes import unused
from edgeft.data.rows import BATCH, with_ids, write_batches
from edgeft.data.sources import locate
from edgeft.progress import Progress
from edgeft.tasks import Task


def held_out(
    source: DataSource,
    out: Path,
    task: Task,
    *,
    find: Callable[[str], Path | None],
    progress: Progress,
) -> Dataset:
    """Write the texts that `source.train` names to `out`, all of them as the split `test`.

    A note says which rows are left out: no figure is of them.
    Raises DataError naming the file, line or column that cannot be used.
    """
    with Dataset.create(out) as draft:
        spool = draft.path / ".spool"
        spool.mkdir()
        found = locate(source.train or "", "test", source, task, find)
        with progress.bar(f"reading {found}", unit="rows") as bar:
            checked = check(found, task, spool / "test", bar, skip=source.skip_bad_rows)
        rows = write_batches(draft.path, "test", numbered(checked))
        draft.manifest.rows["test"] = rows
        draft.manifest.task = task.name
        draft.manifest.labels = task.label_names(answers_of(checked))
        for note in unused(left_out({"test": checked})):
            progress.note(note)
        shutil.rmtree(spool)
    return draft.artifact


def numbered(checked: Checked) -> Iterator[pa.RecordBatch]:
    """Batches of a split's columns, rows numbered in the order of the source."""
    start = 0
    for batch in checked.table.to_batches(max_chunksize=BATCH):
        yield with_ids(batch, np.arange(start, start + batch.num_rows))
        start += batch.num_rows
