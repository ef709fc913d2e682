"""Many copies are made by several processes, and nobody can tell but by the clock."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from every_task import prepared
from meeting import meeting

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data import copies as room
from edgeft.data.rows import open_split
from edgeft.registry import Registry
from edgeft_augment import Delete, Mix, copying
from edgeft_augment.options import MixOptions, NoiseOptions

TASKS = ["text-classification", "token-classification", "relation-extraction"]
"""whose texts have a label, parts with a type, and marked parts"""


@pytest.fixture(autouse=True)
def many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BATCH", 8)


def made_by(
    task: str, registry: Registry, folder: Path, *, threads: int | None, wanted: int
) -> tuple[Dataset, set[int]]:
    """A dataset with copies, and the ids of the processes that made them."""
    found = registry.task(task)
    data, _ = prepared(found, folder, 96)
    present = folder / "present"
    present.mkdir()
    context = Context(out=folder / "out", task=found, threads=threads)
    noise = partial(meeting, folder=present, wanted=wanted)
    made = copying.augment(Delete(NoiseOptions(copies=2, rate=0.3), context), data, noise)
    return made, {int(each.name) for each in present.iterdir()}


@pytest.mark.parametrize("task", TASKS)
def test_many_copies_are_made_by_as_many_processes_as_threads(
    task: str, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PARALLEL", 192)
    (tmp_path / "alone").mkdir()
    (tmp_path / "together").mkdir()
    alone, here = made_by(task, registry, tmp_path / "alone", threads=1, wanted=1)
    together, others = made_by(task, registry, tmp_path / "together", threads=2, wanted=2)
    assert here == {os.getpid()}
    assert len(others) == 2
    assert os.getpid() not in others
    assert together.digest == alone.digest
    assert sum(each is not None for each in open_split(together, "train")["parent"]) > 96


def test_without_a_number_of_threads_every_core_makes_copies(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PARALLEL", 192)
    monkeypatch.setattr(copying, "available_threads", lambda: 2)
    _, others = made_by(TASKS[0], registry, tmp_path, threads=None, wanted=2)
    assert len(others - {os.getpid()}) == 2


def test_few_copies_are_made_here(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PARALLEL", 193)
    _, here = made_by(TASKS[0], registry, tmp_path, threads=2, wanted=1)
    assert here == {os.getpid()}


def test_noise_that_reads_other_texts_works_alone(
    tiny_dataset: Dataset, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PARALLEL", 0)

    def mixed(threads: int) -> Any:
        circumstances = context.at(tmp_path / str(threads), threads=threads)
        return Mix(MixOptions(copies=2), circumstances).run(tiny_dataset)

    assert mixed(2).digest == mixed(1).digest
