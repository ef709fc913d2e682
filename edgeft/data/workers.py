"""Work on batches in several processes at once, its results in the order of the batches."""

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R")
AHEAD = 2
"""batches a process that are read before they are asked for: memory is bounded by them"""
log = logging.getLogger(__name__)
work: Callable[[Any], Any]
"""in a worker: what it does with each batch"""


def in_order(
    function: Callable[[T], R], batches: Iterable[tuple[T, K]], processes: int
) -> Iterator[tuple[K, R]]:
    """What a function makes of the first part of each pair, with the second, in their order.

    The function and what it is given go to other processes, and have to be such as can be pickled;
    with one process all is done in this one. Where the processes cannot be had, or die, this one
    goes on alone. They end with the caller, whatever ends it.
    """
    if processes < 2:
        for given, kept in batches:
            yield kept, function(given)
        return
    waiting: deque[tuple[T, K, Future[R] | None]] = deque()
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=start, initargs=(function,)
    )

    def first() -> tuple[K, R]:
        given, kept, future = waiting.popleft()
        try:
            return kept, function(given) if future is None else future.result()
        except BrokenProcessPool:
            return kept, function(given)

    try:
        for given, kept in batches:
            waiting.append((given, kept, submitted(pool, given)))
            if len(waiting) >= AHEAD * processes:
                yield first()
        while waiting:
            yield first()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def submitted(pool: ProcessPoolExecutor, given: Any) -> "Future[Any] | None":
    """What will come of a batch; None where the processes are gone."""
    try:
        with undisturbed():
            return pool.submit(run, given)
    except BrokenProcessPool as error:
        log.info("%s: this process goes on alone", error)
        return None


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let processes that are started here leave Ctrl-C to this one, who ends them.

    A process that is started while the signal is ignored ignores it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def start(function: Callable[[Any], Any]) -> None:
    """Take over what a worker is to do, and end it when the process that started it has ended."""
    global work
    work = function
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


def run(given: Any) -> Any:
    """In a worker: do it."""
    return work(given)
