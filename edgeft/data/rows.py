"""The rows of a dataset's splits: opening them memory-mapped, writing them as they come."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from edgeft.artifacts import Dataset
from edgeft.data.likeness import Likeness, both, compare
from edgeft.errors import DataError
from edgeft.progress import Bar, Silence
from edgeft.runtime.given import Given
from edgeft.tasks import Task
from edgeft.tasks.labels import indices
from edgeft.writing import whole_file

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("text", pa.string()),
        ("pair", pa.string()),
        ("label", pa.string()),
        ("parent", pa.int64()),
        ("weight", pa.float64()),
        ("soft", pa.list_(pa.float32())),
    ]
)
"""id: unique in the whole dataset; pair: the second text, null where the task reads one; label: the
answer in its task's writing, null where nobody gave one, as in `unlabelled` and in copies that mix
two texts; parent: id of the row that an augmented copy was made of; weight: how much the row counts
in training, null for 1; soft: of a copy, what a teacher says it is, a share for each of the data's
labels in their order, null where nobody asked one"""
OPTIONAL = ("pair", "weight", "soft")
"""columns that rows may lack"""
BATCH = 10_000
CHUNK = 2000
IN_MEMORY_BYTES = 32 * 2**20
"""splits up to this size are read whole; larger ones are mapped from an Arrow file"""


def open_split(data: Dataset, split: str) -> datasets.Dataset:
    """The rows of a split, with the columns of SCHEMA.

    A large split is unpacked once into the cache of `datasets` and mapped from there, so that its
    rows take no memory. Raises DataError where there is no such split.
    """
    path = data.split_file(split)
    metadata = pq.read_metadata(path)
    groups = range(metadata.num_row_groups)
    if sum(metadata.row_group(group).total_byte_size for group in groups) <= IN_MEMORY_BYTES:
        return datasets.Dataset(pq.read_table(path, schema=SCHEMA))
    unpacked = unpacked_file(path, data.files()[path.name].sha256)
    return datasets.Dataset.from_file(str(unpacked))


def unpacked_file(path: Path, checksum: str) -> Path:
    """The Arrow file with the rows of a Parquet file, made where it is not in the cache yet."""
    # an unpacked file of other columns is another file
    name = f"{checksum}-{len(SCHEMA)}.arrow"
    unpacked = Path(datasets.config.HF_DATASETS_CACHE) / "edgeft" / name
    if not unpacked.exists():
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetFile(path) as file:
            batches = map(whole, file.iter_batches(batch_size=BATCH))
            write_arrow(unpacked, batches, SCHEMA)
    return unpacked


def whole(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Rows with all columns of a split, in their order; optional ones that are missing are null."""
    columns = [
        pa.nulls(rows.num_rows, each.type)
        if each.name in OPTIONAL and each.name not in rows.schema.names
        else rows[each.name].cast(each.type)
        for each in SCHEMA
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def with_ids(rows: pa.RecordBatch, ids: np.ndarray) -> pa.RecordBatch:
    """Checked rows of a source as rows of a split, nobody's copies, with these ids (rows,)."""
    own = {"id": pa.array(ids, pa.int64()), "parent": pa.nulls(len(ids), pa.int64())}
    given = {name: rows[name] for name in rows.schema.names}
    return whole(pa.record_batch(given | own))


def write_arrow(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    """Write an Arrow file that can be memory-mapped, whole or not at all."""
    with (
        whole_file(path) as partial,
        pa.OSFile(str(partial), "wb") as sink,
        pa.ipc.new_stream(sink, schema) as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)


def map_arrow(path: Path) -> pa.Table:
    """The table in an Arrow file, memory-mapped."""
    return pa.ipc.open_stream(pa.memory_map(str(path))).read_all()


def label_indices(rows: datasets.Dataset, labels: Sequence[str]) -> np.ndarray:
    """The place in `labels` of every row's label, by name: int64 (rows,).

    Raises DataError for a label that is not among them, and for a row without one.
    """
    answers = answers_of(rows)
    if None in answers:
        raise unanswered(answers.index(None))
    return indices(answers, list(labels))


def inputs_of(rows: datasets.Dataset) -> Iterator[Given]:
    """What a model reads of each row, in order, without holding them all: a text, or two."""
    single = "pair" not in rows.column_names
    for chunk in rows.select_columns("text" if single else ["text", "pair"]).iter(CHUNK):
        if single:
            yield from chunk["text"]
        else:
            for text, pair in zip(chunk["text"], chunk["pair"], strict=True):
                yield text if pair is None else (text, pair)


def every_text(rows: datasets.Dataset) -> Iterator[str]:
    """The texts of rows, in order: of each row its one, or both of its two."""
    for given in inputs_of(rows):
        yield from parts_of(given)


def parts_of(given: Given) -> tuple[str, ...]:
    """The texts of what a model reads of a row: its one, or its two."""
    return (given,) if isinstance(given, str) else given


def whole_texts(table: pa.Table) -> pa.ChunkedArray:
    """What makes rows alike: their texts, both of them where there are two."""
    if table["pair"].null_count == len(table):
        return table["text"]
    pairs = pc.fill_null(table["pair"], "")
    return pc.binary_join_element_wise(table["text"], pairs, "\n")


def likeness_of(table: pa.Table, task: Task, bar: Bar) -> Likeness:
    """Which rows are alike, of a table with columns text and pair."""
    if not task.shared:
        return compare(whole_texts(table), bar)
    one, other = (compare(table[name], Silence()) for name in ("text", "pair"))
    bar.advance(len(table))
    return both(one, other)


def sides_of(table: pa.Table, task: Task, likeness: Likeness) -> Likeness:
    """Which rows a split keeps together: those that are alike, or whose shared texts are."""
    if not task.shared:
        return likeness
    return compare(table[task.shared], Silence())


def answers_of(rows: datasets.Dataset) -> list[str | None]:
    """The answer of each row in its task's writing; None where it has none."""
    found: list[str | None] = (
        rows.select_columns("label").with_format("arrow")[:]["label"].to_pylist()
    )
    return found


def truth_of(rows: datasets.Dataset, task: Task, labels: list[str]) -> np.ndarray:
    """What the answers of rows say, as the task scores them: its first axis is the rows.

    Raises DataError for a label that is not among `labels`, and for a row without an answer.
    """
    answers = answers_of(rows)
    if task.labelled and None in answers:
        raise unanswered(answers.index(None))
    return task.truth_in(inputs_of(rows), answers, labels)


def unanswered(row: int) -> DataError:
    """The error for a row that nobody gave an answer to."""
    return DataError(
        f"row {row} has no label",
        hint="take a split whose texts are all labelled: those of `unlabelled`, and copies"
        " that mix two texts, are not",
    )


def is_copy(rows: datasets.Dataset) -> np.ndarray:
    """Whether each row is an augmented copy of another, bool (rows,)."""
    return has_value(rows, "parent")


def originals(rows: datasets.Dataset) -> datasets.Dataset:
    """The rows that are nobody's copy."""
    return rows.select(np.flatnonzero(~is_copy(rows)))


def labelled(rows: datasets.Dataset) -> datasets.Dataset:
    """The rows that have a label."""
    return rows.select(np.flatnonzero(has_value(rows, "label")))


def has_value(rows: datasets.Dataset, column: str) -> np.ndarray:
    """Where a column has a value, bool (rows,)."""
    values = rows.select_columns([column]).with_format("arrow")[:][column]
    return np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), dtype=bool)


def weights_of(rows: datasets.Dataset) -> np.ndarray | None:
    """How much each row counts in training, float32 (rows,); None where all count alike, as 1."""
    if "weight" not in rows.column_names:
        return None
    values = rows.select_columns(["weight"]).with_format("arrow")[:]["weight"]
    weights = np.asarray(pc.fill_null(values.cast(pa.float32()), 1.0), dtype=np.float32)
    return None if (weights == 1).all() else weights


def write_split(
    folder: Path, split: str, rows: datasets.Dataset | pa.Table | Iterable[dict[str, Any]]
) -> int:
    """Write a split's Parquet file into a draft's folder, as its rows come; returns how many.

    Rows are a `datasets.Dataset`, an Arrow table, or dicts with id, text, label, parent and, where
    there is one, pair and weight.
    """
    return write_batches(folder, split, arrow_batches(rows))


def write_batches(folder: Path, split: str, batches: Iterable[pa.RecordBatch]) -> int:
    """Write a split's Parquet file from record batches of its columns; returns how many rows."""
    written = 0
    with pq.ParquetWriter(folder / f"{split}.parquet", SCHEMA, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(whole(batch))
            written += batch.num_rows
    return written


def arrow_batches(
    rows: datasets.Dataset | pa.Table | Iterable[dict[str, Any]],
) -> Iterator[pa.RecordBatch]:
    """Record batches of a split's columns."""
    if isinstance(rows, pa.Table):
        tables: Iterable[pa.Table] = [rows]
    elif isinstance(rows, datasets.Dataset):
        tables = rows.with_format("arrow").iter(BATCH)
    else:
        dicts = iter(rows)
        lists = iter(lambda: list(islice(dicts, BATCH)), [])
        tables = (pa.Table.from_pylist(some, SCHEMA) for some in lists)
    for table in tables:
        yield from map(whole, table.to_batches(max_chunksize=BATCH))


def copy_split(data: Dataset, folder: Path, split: str) -> int:
    """Copy a split as it is into a draft's folder; returns its number of rows."""
    shutil.copyfile(data.split_file(split), folder / f"{split}.parquet")
    return data.manifest.rows[split]


def next_id(data: Dataset) -> int:
    """The first id that no row of any split has."""
    highest = -1
    for split in data.splits:
        metadata = pq.read_metadata(data.split_file(split))
        for group in range(metadata.num_row_groups):
            statistics = metadata.row_group(group).column(SCHEMA.get_field_index("id")).statistics
            highest = max(highest, statistics.max)
    return highest + 1
