"""The process that one peer is timed in: opens it, then answers one request a line.

Runs in the peer's own environment, so it imports nothing but numpy and the standard library.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter, perf_counter_ns, process_time_ns
from typing import Any, Protocol, TextIO

import numpy as np

WARM_SECONDS = 0.025
"""how long a peer runs at the beginning of its turn before its calls count"""


class Model(Protocol):
    """A peer that has been opened with one thread."""

    files: Sequence[Path]
    """what an application has to ship, the tokenizer apart"""

    settings: dict[str, Any]
    """what the runtime says of itself: threads, precision"""

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The logits (batch, labels) of token ids and their mask, both int64 (batch, tokens)."""

    def label(self, text: str) -> str:
        """The label of one text, as an application asks for it."""


def serve(open_model: Callable[[dict[str, Any]], Model], packages: Sequence[str]) -> None:
    """Answer requests until standard input closes; the first line says what to open."""
    requests, replies = sys.stdin, private_stdout()
    config = json.loads(requests.readline())
    model = open_model(config)
    with np.load(config["feeds"]) as stored:
        feeds = {shape: list(stored[shape]) for shape in stored.files}
    opened = {
        "bytes": sum(path.stat().st_size for path in model.files),
        "files": [path.name for path in model.files],
        "settings": model.settings,
        "packages": {name: found for name in packages if (found := installed(name))},
    }
    send(replies, opened)
    for line in requests:
        request = json.loads(line)
        if request["do"] == "graph":
            calls = [(ids, np.ones_like(ids)) for ids in feeds[request["shape"]]]
            wall, cpu, _ = timed(model.logits, calls, calls, request["calls"])
            send(replies, {"wall": wall, "cpu": cpu})
        else:
            calls = [(text,) for text in request["texts"]]
            warm = [(text,) for text in request["warm"]]
            wall, cpu, labels = timed(model.label, warm, calls, len(calls))
            send(replies, {"wall": wall, "cpu": cpu, "labels": labels})


def timed(
    call: Callable[..., Any],
    warm: Sequence[tuple[Any, ...]],
    inputs: Sequence[tuple[Any, ...]],
    calls: int,
) -> tuple[list[int], list[int], list[Any]]:
    """Nanoseconds of wall clock, of CPU over all threads, and the answer, of each of `calls` calls.

    Inputs are taken in turn. Before, some are answered that do not count: after the other peers'
    turns caches are cold, and a runtime may prepare itself for each new shape.
    """
    rest = perf_counter() + WARM_SECONDS
    for given in cycle(warm):
        call(*given)
        if perf_counter() >= rest:
            break
    wall: list[int] = []
    cpu: list[int] = []
    answers: list[Any] = []
    for given in islice(cycle(inputs), calls):
        used, started = process_time_ns(), perf_counter_ns()
        answer = call(*given)
        wall.append(perf_counter_ns() - started)
        cpu.append(process_time_ns() - used)
        answers.append(answer)
    return wall, cpu, answers


def label_names(checkpoint: Path) -> list[str]:
    """The labels in the order of the logits, from a checkpoint's config.json."""
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    return [config["id2label"][str(index)] for index in range(len(config["id2label"]))]


def installed(package: str) -> str:
    """The version of a package, or an empty string."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def private_stdout() -> TextIO:
    """A stream to the parent; whatever a library prints goes to standard error from now on."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


def send(replies: TextIO, message: dict[str, Any]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()
