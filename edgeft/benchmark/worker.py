"""The process that one subject is timed in: `python -m edgeft.benchmark.worker`.

It opens the subject that its first line names, tells how long that took, and then answers one
request a line until its standard input closes. It imports nothing but the standard library and what
the subject needs, so its start is that of an application, and its memory too.
"""

import json
import os
import sys
from collections.abc import Sequence
from itertools import cycle
from time import perf_counter, perf_counter_ns, process_time_ns
from typing import Any, Protocol, TextIO

from edgeft.benchmark.agreement import Told
from edgeft.errors import EdgeftError
from edgeft.processes import peak_memory_bytes

WARM_SECONDS = 0.025
"""how long a subject runs at the beginning of its turn before its calls count"""


class Timed(Protocol):
    """A subject that has been opened."""

    provider: str
    threads: int
    """threads that it was seen to be set to"""

    def answer(self, texts: Sequence[Any]) -> list[Told]:
        """The answer to each text, asked for as an application would."""

    def parts(self, texts: Sequence[Any]) -> tuple[int, int] | None:
        """Nanoseconds of tokenization and of the graph; None where they cannot be told apart."""

    def token_counts(self, texts: Sequence[Any]) -> list[int]:
        """Tokens of each text as the model sees it."""


def main() -> int:
    """Serve one subject; an EdgeftError is told to the parent, anything else is a traceback."""
    requests, replies = sys.stdin, private_stdout()
    config = json.loads(requests.readline())
    try:
        timed, opened = open_subject(config)
        send(replies, opened)
        for line in requests:
            send(replies, respond(timed, json.loads(line)))
    except EdgeftError as error:
        send(
            replies,
            {"error": type(error).__name__, "message": error.message, "hint": error.hint},
        )
        return 1
    return 0


def open_subject(config: dict[str, Any]) -> tuple[Timed, dict[str, Any]]:
    """Import the library, load the model, answer one text; say how long each took."""
    started = perf_counter()
    timed_class: Any
    if config["kind"] == "bundle":
        from edgeft.benchmark.bundles import TimedBundle as timed_class
    else:
        from edgeft.benchmark.pipelines import TimedPipeline as timed_class
    imported = perf_counter()
    timed: Timed = timed_class(config)
    loaded = perf_counter()
    timed.answer(given([config["first"]]))
    answered = perf_counter()
    return timed, {
        "import_seconds": imported - started,
        "load_seconds": loaded - imported,
        "answer_seconds": answered - loaded,
        "provider": timed.provider,
        "threads": timed.threads,
    }


def respond(timed: Timed, request: dict[str, Any]) -> dict[str, Any]:
    """Do what one request asks: `turn`, `tokens` or `memory`."""
    if request["do"] == "turn":
        warm, calls = ([given(each) for each in request[name]] for name in ("warm", "calls"))
        return turn(timed, warm, calls)
    if request["do"] == "tokens":
        return {"tokens": timed.token_counts(given(request["texts"]))}
    return {"peak_memory_bytes": peak_memory_bytes()}


def given(texts: list[Any]) -> list[Any]:
    """Texts as they were before they became JSON, which has no tuples for pairs of them."""
    return [each if isinstance(each, str) else tuple(each) for each in texts]


def turn(
    timed: Timed, warm: Sequence[Sequence[Any]], calls: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    """Answer each call's texts under the clock, after calls of other texts that do not count.

    After the others' turns caches are cold and the core may sleep: the first calls of a small model
    took twice as long, so WARM_SECONDS of them are thrown away. The parts are timed after the
    totals, so a total never profits from them.
    """
    rest = perf_counter() + WARM_SECONDS
    for texts in cycle(warm):
        timed.answer(texts)
        if perf_counter() >= rest:
            break
    totals: list[int] = []
    busy: list[int] = []
    answers: list[list[Told]] = []
    for texts in calls:
        used, started = process_time_ns(), perf_counter_ns()
        answer = timed.answer(texts)
        totals.append(perf_counter_ns() - started)
        busy.append(process_time_ns() - used)
        answers.append(answer)
    parts = [timed.parts(texts) for texts in calls]
    return {"total": totals, "cpu": busy, "answers": answers, "parts": parts}


def private_stdout() -> TextIO:
    """A stream to the parent; whatever a library prints goes to standard error from now on."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


def send(replies: TextIO, message: dict[str, Any]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a library of torch's size takes a second to be taken down
