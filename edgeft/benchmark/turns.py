"""Subjects in processes of their own, taking turns in a new random order each round."""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from edgeft import errors
from edgeft.benchmark.subjects import Subject
from edgeft.errors import EdgeftError, ModelError
from edgeft.progress import Bar


class Worker:
    """A process that one subject is timed in, and the conversation with it."""

    def __init__(self, subject: Subject, *, threads: int, device: str, first: str) -> None:
        config = {
            "kind": subject.kind,
            "path": str(subject.path),
            "variant": subject.variant,
            "max_length": subject.max_length,
            "threads": threads,
            "device": device,
            "first": first,
        }
        self.subject = subject
        self.complaints = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        started = perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "edgeft.benchmark.worker", json.dumps(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            text=True,
            encoding="utf-8",
            env={**os.environ, **thread_environment(threads)},
        )
        try:
            self.opened = self.reply()
        except BaseException:
            self.close()
            raise
        self.cold_seconds = perf_counter() - started

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its reply."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the reply says why
        return self.reply()

    def reply(self) -> dict[str, Any]:
        """The next reply; raises what the subject's process raised, or how it ended."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise self.ending()
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            cls: type[EdgeftError] = getattr(errors, message["error"], EdgeftError)
            raise cls(message["message"], hint=message["hint"])
        return message

    def ending(self) -> Exception:
        """Why the process ended without a reply."""
        code = self.process.wait()
        if code < 0:
            return ModelError(
                f"timing {self.subject.name} was ended by signal {-code}",
                hint="often too little memory: close other programs, or use a smaller batch size",
            )
        self.complaints.seek(0)
        told = self.complaints.read().strip()
        missing = told.rpartition("\n")[2]
        if missing.startswith("ModuleNotFoundError"):
            return ModelError(
                f"timing {self.subject.name}: {missing.partition(': ')[2]}",
                hint="pip install 'edgeft[train]'",
            )
        return RuntimeError(f"the process timing {self.subject.name} failed:\n{told}")

    def close(self) -> None:
        """End the process: politely, then not."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.complaints.close()


@dataclass
class Measured:
    """What one subject did in all its turns: a list a round, a nanosecond figure a call."""

    total: list[list[int]] = field(default_factory=list)
    cpu: list[list[int]] = field(default_factory=list)
    parts: list[list[tuple[int, int] | None]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


@contextmanager
def opened(
    subjects: Sequence[Subject], *, threads: int, device: str, first: str
) -> Iterator[list[Worker]]:
    """One process a subject, started one after the other; all ended when the block ends."""
    with ExitStack() as stack:
        workers = []
        for subject in subjects:
            worker = Worker(subject, threads=threads, device=device, first=first)
            stack.callback(worker.close)
            workers.append(worker)
        yield workers


def take_turns(
    workers: Sequence[Worker],
    calls: Iterator[list[str]],
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
            mine.labels += [label for labels in reply["labels"] for label in labels]
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
