"""The texts that gates try are real, of every length, and the same each time."""

from pathlib import Path

from edgeft.artifacts import Dataset
from edgeft.data.rows import write_split
from edgeft.gates.texts import spread


def dataset(out: Path, texts: list[str]) -> Dataset:
    with Dataset.create(out) as draft:
        rows = [
            {"id": place, "text": text, "label": "a", "parent": None}
            for place, text in enumerate(texts)
        ]
        write_split(draft.path, "validation", rows)
        draft.manifest.rows = {"validation": len(rows)}
        draft.manifest.labels = ["a"]
    return draft.artifact


def test_spread_reaches_from_the_shortest_to_the_longest(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", ["x" * length for length in range(1, 101)])
    found = spread(data, "validation", 10)
    assert sorted(map(len, found)) == [1, 12, 23, 34, 45, 56, 67, 78, 89, 100]
    assert found != sorted(found, key=len)
    assert found == spread(data, "validation", 10)


def test_spread_takes_each_text_once_and_no_empty_one(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", ["one", "one", " ", "two"])
    assert sorted(spread(data, "validation", 10)) == ["one", "two"]


def test_spread_leaves_out_giants_where_there_are_others(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", ["one", "word " * 1000])
    assert spread(data, "validation", 10) == ["one"]
    giants = dataset(tmp_path / "giants", ["word " * 1000])
    assert spread(giants, "validation", 10) == ["word " * 1000]
