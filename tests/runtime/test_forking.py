"""Servers fork: a model that was loaded before answers all the same, or says why it cannot."""

import multiprocessing
import os
from typing import Any

import pytest

from edgeft.artifacts import Bundle
from edgeft.errors import EdgeftError
from edgeft.runtime import Model, load


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
