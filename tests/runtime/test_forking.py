"""Servers fork: a model that was loaded before answers all the same, or says why it cannot."""

import multiprocessing
import os
import signal
import time
from threading import Event, Thread
from typing import Any

import pytest

from edgeft.artifacts import Bundle
from edgeft.errors import EdgeftError
from edgeft.runtime import Model, load
from edgeft.runtime.forking import CALLS, Calls

FORKS = 20


def answers_in_a_fork(model: Model[Any], texts: list[str]) -> Any:
    """What a forked process gets of a model that was loaded and used before.

    Without texts, what its test of itself says there.
    """
    context = multiprocessing.get_context("fork")
    queue = context.Queue()

    def answer() -> None:
        try:
            queue.put([each.label for each in model(texts)] if texts else model.selftest().failures)
        except EdgeftError as error:
            queue.put(error.message)

    child = context.Process(target=answer)
    child.start()
    try:
        return queue.get(timeout=60)
    finally:
        child.kill()
        child.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_model_answers_in_a_forked_process_or_says_why_not(runtime_bundle: Bundle) -> None:
    texts = ["where is my card", "cash from a machine"] * 8
    for threads in (None, 1):
        with load(runtime_bundle.path, Model, threads=threads) as model:
            expected = [each.label for each in model(texts)]
            assert answers_in_a_fork(model, texts) == expected
            assert answers_in_a_fork(model, []) == ()
    with load(runtime_bundle.path, Model, threads=2) as model:
        model(texts)
        gone = (
            f"the model of {runtime_bundle.path} was loaded before this process was forked: its"
            " threads are gone"
        )
        assert answers_in_a_fork(model, texts) == gone
        assert answers_in_a_fork(model, []) == (gone,)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("texts", [["where is my card", "cash from a machine"], "my card"])
def test_a_fork_in_the_middle_of_other_threads_calls_answers(
    runtime_bundle: Bundle, texts: str | list[str]
) -> None:
    """What a library has locked then stays locked in the child: nothing may be at work."""
    with load(runtime_bundle.path, Model, threads=1) as model:
        expected, over = str(model(texts)), Event()

        def ends_well_in_a_fork() -> bool:
            if child := os.fork():
                return os.waitpid(child, 0)[1] == 0
            signal.alarm(20)  # whoever waits for a lock for ever is killed
            answers = ""
            try:
                answers = str(model(texts))
            finally:
                os._exit(answers != expected)

        def call() -> None:
            while not over.is_set():
                model(texts)

        others = [Thread(target=call) for _ in range(4)]
        for each in others:
            each.start()
        try:
            assert [ends_well_in_a_fork() for _ in range(FORKS)] == [True] * FORKS
        finally:
            over.set()
            for each in others:
                each.join()


def test_whatever_computes_is_a_call_that_a_fork_waits_for(runtime_bundle: Bundle) -> None:
    inside = []

    class Watched:
        """A session that says whether a fork would wait for it."""

        def run(self, *arguments: Any) -> Any:
            inside.append(sum(CALLS.inside.values()))
            return session.run(*arguments)

    with load(runtime_bundle.path, Model) as model:
        session, model._session = model._session, Watched()
        for ask in (lambda: model("my card"), lambda: model(["my card"] * 40), model.selftest):
            inside.clear()
            ask()
            assert inside
            assert set(inside) == {1}
    assert CALLS.inside == {}


def test_a_fork_from_within_a_call_does_not_wait_for_it() -> None:
    """As a handler of a signal may, which runs in the middle of it."""
    calls = Calls()
    with calls:
        calls.before_fork()
        calls.after_fork()
    with calls:
        pass
    assert calls.inside == {}


@pytest.mark.parametrize("forks", [1, 3])
def test_forks_that_wait_come_before_any_further_call(
    monkeypatch: pytest.MonkeyPatch, forks: int
) -> None:
    monkeypatch.setattr("edgeft.runtime.forking.PATIENCE", 60)
    calls, entered, end, order = Calls(), Event(), Event(), []

    def first() -> None:
        with calls:
            entered.set()
            end.wait(60)
            order.append("first")

    def fork() -> None:
        calls.before_fork()
        order.append(f"fork beside {len(calls.inside)}")
        calls.after_fork()

    def further() -> None:
        with calls:
            order.append("further")

    threads = [Thread(target=first)] + [Thread(target=fork) for _ in range(forks)]
    threads[0].start()
    entered.wait(60)
    for each in threads[1:]:
        each.start()
    while calls.forks < forks:
        time.sleep(0.001)
    threads.append(Thread(target=further))
    threads[-1].start()
    end.set()
    for each in threads:
        each.join(60)
    assert order == ["first", *["fork beside 0"] * forks, "further"]


def test_a_child_that_was_forked_in_the_middle_of_a_call_can_fork_again() -> None:
    calls = Calls()
    with calls:
        calls.before_fork()
        calls.in_child()  # what a child does in the place of after_fork
    assert calls.inside == {}
    with calls:
        pass
    assert (calls.inside, calls.forks) == ({}, 0)
