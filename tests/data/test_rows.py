"""Splits are opened memory-mapped, written as they come, and labelled by name."""

from collections.abc import Callable
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edgeft.artifacts import Dataset
from edgeft.data import rows
from edgeft.data.rows import label_indices, next_id, open_split, weights_of, write_split
from edgeft.errors import DataError


@pytest.fixture
def data(prepare_data: Callable[..., Dataset], questions: Path) -> Dataset:
    return prepare_data({"train": str(questions)})


def test_rows_have_the_columns_of_the_schema(data: Dataset) -> None:
    train = open_split(data, "train")
    assert {
        name: str(each.type)
        for name, each in zip(train.column_names, train.features.arrow_schema, strict=True)
    } == {
        "id": "int64",
        "text": "string",
        "pair": "string",
        "label": "string",
        "parent": "int64",
        "weight": "double",
        "soft": "list<item: float>",
    }
    assert train[0] == {
        "id": 0,
        "text": "how was the card lost today",
        "pair": None,
        "label": "card",
        "parent": None,
        "weight": None,
        "soft": None,
    }


def test_large_split_is_mapped_from_a_file_that_is_written_once(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = open_split(data, "train")[:]
    monkeypatch.setattr(rows, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    mapped = open_split(data, "train")
    (file,) = (tmp_path / "cache" / "edgeft").iterdir()
    written = file.stat().st_mtime_ns
    assert mapped.cache_files == [{"filename": str(file)}]
    assert mapped[:] == whole
    assert open_split(data, "train")[:] == whole
    assert file.stat().st_mtime_ns == written


def test_split_that_is_not_there_is_named(data: Dataset) -> None:
    with pytest.raises(DataError, match="has no test split") as caught:
        open_split(data, "test")
    assert caught.value.hint == "it has: train, validation"


def test_labels_are_matched_by_name(data: Dataset) -> None:
    train = open_split(data, "train")
    found = label_indices(train, ["loan", "card", "cash"])
    assert found.dtype == np.int64
    assert [["loan", "card", "cash"][place] for place in found] == train["label"][:]
    assert label_indices(train.select([]), ["loan"]).tolist() == []


def test_label_that_nobody_knows_is_named(data: Dataset) -> None:
    with pytest.raises(DataError) as caught:
        label_indices(open_split(data, "train"), ["card", "cash"])
    assert "has the label 'loan', which is not among the 2 labels known" in caught.value.message
    assert caught.value.hint == "known: card, cash"


def test_row_without_a_label_is_named(data: Dataset) -> None:
    labelled = open_split(data, "train").to_list()[:2]
    table = pa.Table.from_pylist([*labelled, {**labelled[0], "label": None}], rows.SCHEMA)
    with pytest.raises(DataError, match="row 2 has no label"):
        label_indices(datasets.Dataset(table), data.labels)


def test_rows_are_written_from_dicts_and_from_datasets(data: Dataset, tmp_path: Path) -> None:
    train = open_split(data, "train")
    assert write_split(tmp_path, "train", (dict(row) for row in train)) == len(train)
    again = Dataset(tmp_path, data.manifest.model_copy(update={"files": {}}))
    assert open_split(again, "train")[:] == train[:]
    assert write_split(tmp_path, "train", train.select([5, 3])) == 2
    assert open_split(again, "train")[:] == train[[5, 3]]


@pytest.mark.parametrize("in_memory", [2**25, 0])
def test_rows_that_were_written_before_there_were_weights_count_alike(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(rows, "IN_MEMORY_BYTES", in_memory)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    train = open_split(data, "train")
    file = data.split_file("train")
    pq.write_table(pq.read_table(file).drop_columns("weight"), file)
    data.manifest.files[file.name].sha256 = "of the older file"
    assert open_split(data, "train")[:] == train[:]
    assert weights_of(open_split(data, "train")) is None


def test_a_row_without_a_weight_counts_as_one(data: Dataset, tmp_path: Path) -> None:
    some = open_split(data, "train").to_list()[:3]
    some[1]["weight"] = 0.25
    del some[2]["weight"]
    write_split(tmp_path, "train", some)
    again = Dataset(tmp_path, data.manifest.model_copy(update={"files": {}}))
    found = weights_of(open_split(again, "train"))
    assert found is not None
    assert found.dtype == np.float32
    assert found.tolist() == [1, 0.25, 1]


def test_next_id_is_above_those_of_every_split(data: Dataset) -> None:
    assert next_id(data) == 60
