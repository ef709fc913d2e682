"""Batches are worked on in several processes, and nobody can tell but by the clock."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from edgeft.data.workers import in_order

PROGRAM = """
import sys, time
from functools import partial
from edgeft.data.workers import in_order
from operator import add

if __name__ == "__main__":
    pairs = ((n, n) for n in range(10**9))
    for kept, made in in_order(partial(add, 1), pairs, 2):
        if kept == 10:
            print("going", flush=True)
        time.sleep(0.01)
"""


def squared(number: int) -> int:
    return number * number


def ended(number: int, caller: int) -> int:
    if number == 3 and os.getpid() != caller:
        os._exit(1)
    return number


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_order_with_what_stayed_here(processes: int) -> None:
    pairs = ((number, str(number)) for number in range(20))
    found = list(in_order(squared, pairs, processes))
    assert found == [(str(number), number * number) for number in range(20)]


def test_no_more_batches_are_read_than_are_worked_on() -> None:
    read = []

    def pairs():
        for number in range(100):
            read.append(number)
            yield number, None

    results = in_order(squared, pairs(), 2)
    next(results)
    assert len(read) <= 5
    results.close()


def test_where_a_process_dies_this_one_goes_on_alone() -> None:
    work = partial(ended, caller=os.getpid())
    found = [made for _, made in in_order(work, ((n, None) for n in range(12)), 2)]
    assert found == list(range(12))


def test_an_error_in_a_process_is_the_callers() -> None:
    with pytest.raises(TypeError):
        list(in_order(squared, [("a", None)] * 3, 2))


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
def test_an_interrupted_program_ends_with_its_processes(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "going\n"
        group = running.pid
        os.killpg(group, signal.SIGINT)  # as a terminal does: to all of them
        _, said = running.communicate(timeout=60)
    assert said.count("KeyboardInterrupt") == 1  # of the program, and of no other process
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("a process was left behind")
