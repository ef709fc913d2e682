"""Rows of Arrow tables: Parquet files and what `datasets` loads; class numbers become names."""

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Features, LargeList
from datasets import List as ListOf

from edgeft.data.records import Row, Wanted, missing, missing_column
from edgeft.errors import DataError

BATCH = 10_000


def read_parquet(path: Path, columns: Wanted, optional: Container[str] = ()) -> Iterator[Row]:
    """Yield the values of `columns` of every row, numbered from 1; raises DataError.

    Roles that are `optional` have None where there is no such column.
    """
    with opened(path) as file:
        there = require(columns, file.schema_arrow, str(path), optional)
        batches = file.iter_batches(batch_size=BATCH, columns=there)
        yield from batch_rows(batches, columns, class_names(file.schema_arrow))


def opened(path: Path) -> pq.ParquetFile:
    """A Parquet file; raises DataError where there is none, or no whole one."""
    try:
        return pq.ParquetFile(path)
    except FileNotFoundError as error:
        raise missing(path) from error
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is not a Parquet file: {error}", hint="write it again") from error


def require(
    columns: Wanted, schema: pa.Schema, where: str, optional: Container[str] = ()
) -> list[str]:
    """Those of the columns that are there; raises DataError for one that is missing."""
    for role, column in columns.items():
        if column not in schema.names and role not in optional:
            raise missing_column(role, column, schema.names, where)
    return [column for column in columns.values() if column in schema.names]


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of the classes of every column that `datasets` stored as class numbers.

    A column may hold a class a row, or a list of them, such as the tags of tokens.
    """
    if b"huggingface" not in (schema.metadata or {}):
        return {}
    features = Features.from_arrow_schema(schema)
    single = {
        column: feature.feature if isinstance(feature, ListOf | LargeList) else feature
        for column, feature in features.items()
    }
    return {
        column: list(feature.names)
        for column, feature in single.items()
        if isinstance(feature, ClassLabel)
    }


def batch_rows(
    batches: Iterator[pa.RecordBatch], columns: Wanted, names: dict[str, list[str]]
) -> Iterator[Row]:
    """Rows of record batches, numbered from 1; class numbers become the names in `names`.

    A column that is not there gives None.
    """
    number = 0
    for batch in batches:
        lists = [
            named(batch[column].to_pylist(), names.get(column))
            if column in batch.schema.names
            else [None] * len(batch)
            for column in columns.values()
        ]
        for values in zip(*lists, strict=True):
            number += 1
            yield number, values


def named(values: list[Any], names: list[str] | None) -> list[Any]:
    """Class names for class numbers, or for lists; -1 is how `datasets` writes a missing one."""
    if names is None:
        return values
    return [
        named(value, names)
        if isinstance(value, list)
        else None
        if value is None or value < 0
        else names[value]
        for value in values
    ]
