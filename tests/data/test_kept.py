"""Kept answers: there again in the next run, whatever happened to the last one."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeft.context import Context
from edgeft.data.kept import Kept, kept_by


def answers(kept: Kept, *asked: str) -> dict[str, Any]:
    """What is kept of what was asked, which is all that there is."""
    found = {each: kept[each] for each in asked if each in kept}
    assert len(kept) == len(found)
    return found


def test_an_answer_is_on_disk_before_the_next_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "kept.jsonl"
    Kept(file).keep({"how\nmany?": ["three", "3"]})
    again = Kept(file)
    assert "how\nmany?" in again
    assert again["how\nmany?"] == ["three", "3"]
    assert "why?" not in again


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    Kept(file).keep({"one": 1, "two": 2})
    file.write_bytes(file.read_bytes()[:-5])
    Kept(file).keep({"three": 3})
    assert answers(Kept(file), "one", "two", "three") == {"one": 1, "three": 3}


def test_lines_that_are_no_answers_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    file.write_text('[1, 2]\n7\n{"a": 1}\n["a", "b"]\n["a", "b", "c"]\n', encoding="utf-8")
    assert answers(Kept(file), "a", "1", "7") == {"a": "b"}


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept.jsonl")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: kept.keep({str(number): "x" * 5_000}), range(64)))
    again, asked = Kept(tmp_path / "kept.jsonl"), [str(each) for each in range(64)]
    assert answers(again, *asked) == answers(kept, *asked) == dict.fromkeys(asked, "x" * 5_000)


def test_answers_are_read_from_where_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    said = {"wie heißt «das»?": "日本語\nund mehr", "\ud800": "half a character", "": None}
    for asked, answer in said.items():
        Kept(file).keep({asked: "an older answer"})
        Kept(file).keep({asked: answer})
    kept = Kept(file)
    assert answers(kept, *said) == said
    kept.keep({"more": 1})
    assert answers(kept, *said, "more") == {**said, "more": 1}


def test_answers_take_next_to_no_memory(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept.jsonl")
    tracemalloc.start()
    try:
        for each in range(100):
            kept.keep({f"question {each}": "a long answer " * 2_000})
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 100 * 1_000  # of 100 * 28,000 bytes


def test_without_a_file_answers_are_held_in_memory() -> None:
    kept = Kept(None)
    kept.keep({"one": 1, "two": [2]})
    assert answers(kept, "one", "two", "three") == {"one": 1, "two": [2]}


def test_who_is_asked_otherwise_has_answers_of_their_own(context: Context) -> None:
    kept_by(context, "said", model="a", heat=1).keep({"q": "a"})
    assert kept_by(context, "said", heat=1, model="a")["q"] == "a"
    assert "q" not in kept_by(context, "said", model="b", heat=1)


def test_a_step_without_a_cache_keeps_answers_beside_its_output(context: Context) -> None:
    alone, cached = kept_by(context, "said"), replace(context, cache=context.out.with_name("c"))
    assert alone.file.parent == context.out.with_name("out.answers") / "said"
    assert kept_by(cached, "said").file.parent == context.out.with_name("c") / "said"
