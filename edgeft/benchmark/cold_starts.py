"""How long a fresh process takes from its start to its first answer."""

import random
from collections.abc import Sequence

import numpy as np

from edgeft.benchmark.conversations import Worker
from edgeft.benchmark.quantiles import median
from edgeft.benchmark.records import ColdStart
from edgeft.benchmark.subjects import Subject
from edgeft.benchmark.turns import worker_of
from edgeft.progress import Progress
from edgeft.runtime.given import Given

STEPS = ("import_seconds", "load_seconds", "answer_seconds")


def start_afresh(
    subjects: Sequence[Subject],
    text: Given,
    *,
    starts: int,
    threads: int,
    device: str,
    seed: int,
    progress: Progress,
) -> list[ColdStart]:
    """Start every subject `starts` times in random order, after one start each that is waste.

    That first one fills the page cache and compiles Python's modules.
    """
    if not starts:
        return []
    order = random.Random(seed)
    found: dict[str, list[Worker]] = {subject.name: [] for subject in subjects}
    with progress.bar("cold starts", (starts + 1) * len(subjects), "starts") as bar:
        for _ in range(starts + 1):
            for subject in order.sample(list(subjects), len(subjects)):
                worker = worker_of(subject, threads=threads, device=device, first=text)
                worker.ready().close()
                found[subject.name].append(worker)
                bar.advance()
    return [cold_start(name, workers[1:], seed) for name, workers in found.items()]


def cold_start(name: str, workers: Sequence[Worker], seed: int) -> ColdStart:
    """The figures of one subject's processes, which have ended."""
    seconds = [worker.cold_seconds for worker in workers]
    steps = {
        step: round(float(np.median([worker.opened[step] for worker in workers])), 4)
        for step in STEPS
    }
    return ColdStart(
        subject=name,
        n=len(seconds),
        seconds=median(seconds, seed=seed),
        raw_seconds=[round(value, 4) for value in seconds],
        **steps,
    )
