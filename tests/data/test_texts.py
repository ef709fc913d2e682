"""A device reads texts with the standard library alone."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edgeft.data.texts import read_texts
from edgeft.errors import DataError


def test_empty_texts_are_kept_so_that_answers_line_up(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,body\n1,a\n2,\n3,c\n")
    assert list(read_texts(tmp_path / "t.csv", column="body")) == ["a", "", "c"]


def test_number_in_place_of_a_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a"}\n{"text": 5}\n')
    with pytest.raises(DataError) as caught:
        list(read_texts(tmp_path / "t.jsonl"))
    assert caught.value.message == f"{tmp_path}/t.jsonl, line 2: column 'text' holds 5, not a text"


def test_parquet_is_read_where_pyarrow_is_installed(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a", "b"]}), tmp_path / "t.parquet")
    assert list(read_texts(tmp_path / "t.parquet")) == ["a", "b"]


WITHOUT_EXTRAS = """
import sys
for heavy in ("numpy", "pyarrow", "datasets", "torch"):
    sys.modules[heavy] = None
from edgeft.data.texts import read_texts
from edgeft.errors import DataError
print(list(read_texts(sys.argv[1])))
try:
    list(read_texts("t.parquet"))
except DataError as error:
    print(error.message, error.hint, sep="\\n")
"""


def test_texts_are_read_without_the_packages_of_the_workshop(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a\nb\n")
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, str(tmp_path / "t.txt")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines() == [
        "['a', 'b']",
        "t.parquet: reading Parquet needs pyarrow",
        "pip install 'edgeft[train]', or save it as one of .csv, .tsv, .jsonl, .json, .txt",
    ]
