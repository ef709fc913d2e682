"""Subjects in processes of their own, taking turns in a new random order each round."""

import os
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from edgeft.benchmark.agreement import Told
from edgeft.benchmark.conversations import Worker
from edgeft.benchmark.subjects import Subject
from edgeft.errors import ModelError
from edgeft.progress import Bar
from edgeft.runtime.given import Given


def worker_of(subject: Subject, *, threads: int, device: str, first: Given) -> Worker:
    """Start the process that a subject is timed in; `first` is the text that it answers first."""
    config = {
        "kind": subject.kind,
        "path": str(subject.path),
        "variant": subject.variant,
        "max_length": subject.max_length,
        "threads": threads,
        "device": device,
        "first": first,
    }
    return Worker(
        subject.name,
        [sys.executable, "-P", "-m", "edgeft.benchmark.worker"],
        config,
        environment={**os.environ, **thread_environment(threads)},
        ending=partial(ending, subject.name),
    )


def ending(name: str, code: int, told: str) -> Exception:
    """Why the process that times a subject ended without a reply."""
    if code < 0:
        return ModelError(
            f"timing {name} was ended by signal {-code}",
            hint="often too little memory: close other programs, or use a smaller batch size",
        )
    missing = told.rpartition("\n")[2]
    if missing.startswith("ModuleNotFoundError"):
        return ModelError(
            f"timing {name}: {missing.partition(': ')[2]}", hint="pip install 'edgeft[train]'"
        )
    return RuntimeError(f"the process timing {name} failed:\n{told}")


@dataclass
class Measured:
    """What one subject did in all its turns: a list a round, a nanosecond figure a call."""

    total: list[list[int]] = field(default_factory=list)
    cpu: list[list[int]] = field(default_factory=list)
    parts: list[list[tuple[int, int] | None]] = field(default_factory=list)
    asked: list[Given] = field(default_factory=list)
    """the texts that were timed, one after another: those that only warm up are not among them"""
    answers: list[Told] = field(default_factory=list)
    """what was said of each of them"""


@contextmanager
def opened(
    subjects: Sequence[Subject], *, threads: int, device: str, first: Given
) -> Iterator[list[Worker]]:
    """One process a subject, which start side by side; all are ended when the block ends."""
    with ExitStack() as stack:
        workers = []
        for subject in subjects:
            worker = worker_of(subject, threads=threads, device=device, first=first)
            stack.callback(worker.close)
            workers.append(worker)
        yield [worker.ready() for worker in workers]


def take_turns(
    workers: Sequence[Worker],
    calls: Iterator[list[Any]],
    *,
    rounds: int,
    calls_a_round: int,
    order: random.Random,
    bar: Bar,
) -> list[Measured]:
    """Give every worker the same texts, round after round, each round in a new random order."""
    measured = [Measured() for _ in workers]
    texts = [next(calls) for _ in range(calls_a_round)]
    for _ in range(rounds):
        warm, texts = texts, [next(calls) for _ in range(calls_a_round)]
        for index in order.sample(range(len(workers)), len(workers)):
            reply = workers[index].ask("turn", warm=warm, calls=texts)
            mine = measured[index]
            mine.total.append(reply["total"])
            mine.cpu.append(reply["cpu"])
            mine.parts.append([part and tuple(part) for part in reply["parts"]])
            mine.asked += [each for call in texts for each in call]
            mine.answers += [each for answers in reply["answers"] for each in answers]
        bar.advance()
    return measured


def thread_environment(threads: int) -> dict[str, str]:
    """What tells every library in a process how many threads it may use.

    `tokenizers` has a thread pool of its own (rayon); numpy and torch bring OpenMP and MKL.
    """
    number = str(threads)
    return {
        "OMP_NUM_THREADS": number,
        "MKL_NUM_THREADS": number,
        "OPENBLAS_NUM_THREADS": number,
        "RAYON_NUM_THREADS": number,
        "TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_OFFLINE": "1",
    }
