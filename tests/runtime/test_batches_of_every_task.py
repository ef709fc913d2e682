"""A text gets the same answer alone and among others, whatever kind of answer it is."""

from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from every_task import TASKS, Made, dataset_of

from edgeft.artifacts import Bundle
from edgeft.context import Context
from edgeft.options import Gates
from edgeft.registry import Registry
from edgeft.runtime import Model, load
from edgeft.runtime.given import Given

TOLERANCE = 1e-5
"""float32 kernels sum in another order where there are other numbers of rows and tokens; by 1e-7
here, and processors differ"""
WORDS = ["is", "there", "a", "fee", "for", "the", "cash"] * 30
MORE = (0, 1, 2, 7, 8, 9, 12, len(WORDS))
"""words by which texts are longer: some share a batch and are padded in it, one is cut or read in
windows"""


def longer(given: Given, words: int) -> Given:
    """A text, or the second of two, with so many words behind it."""
    if isinstance(given, str):
        return " ".join([given, *WORDS[:words]])
    return given[0], " ".join([given[1], *WORDS[:words]])


def parts(answer: Any) -> tuple[list[Any], list[float]]:
    """What an answer names, and its numbers."""
    if isinstance(answer, np.ndarray):
        return [], answer.tolist()
    if isinstance(answer, list):
        each = [parts(one) for one in answer]
        return [names for names, _ in each], [value for _, values in each for value in values]
    told = [answer] if isinstance(answer, float) else astuple(answer)
    numbers = [each for each in told if isinstance(each, float)]
    return [each for each in told if not isinstance(each, float)], numbers


def assert_same(found: Any, wanted: Any) -> None:
    names, numbers = parts(list(found))
    wanted_names, wanted_numbers = parts(list(wanted))
    assert names == wanted_names
    np.testing.assert_allclose(numbers, wanted_numbers, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("task", TASKS)
def test_a_text_is_answered_alike_alone_and_among_others(
    task: str,
    make_every_task: Callable[[str], Made],
    asked: Callable[[Path], list[Given]],
) -> None:
    bundle = make_every_task(task).bundle
    texts = [longer(*each) for each in zip(asked(bundle), MORE, strict=True)]
    with load(bundle, Model, variant="fp32", threads=1) as model:
        alone = [model(each) for each in texts]
        assert_same(model(texts), alone)
        assert_same(model(texts, batch_size=3), alone)
        assert_same(model.stream(texts), alone)
        outputs = [model.outputs([each]).values for each in texts]
        together = model.outputs(texts).values
        np.testing.assert_allclose(together, np.concatenate(outputs), rtol=0, atol=TOLERANCE)
        assert len(np.unique(together.round(4), axis=0)) > len(texts) // 2


@pytest.fixture
def quantized(
    make_every_task: Callable[[str], Made], registry: Registry, tmp_path: Path
) -> Callable[[str], Path]:
    """Quantize the bundle of a task dynamically, whatever that costs a random model."""

    def make(task: str) -> Path:
        made = make_every_task(task)
        data = dataset_of(registry.task(task), made.texts, tmp_path / "data")
        context = Context(
            out=tmp_path / "int8",
            task=registry.task(task),
            device="cpu",
            threads=1,
            gates=Gates(max_drop=1.0),
        )
        step: Any = registry.step("quantize", "dynamic")
        options = registry.options("quantize", "dynamic", {})
        return step(options, context).run(Bundle.open(made.bundle), data).path

    return make


@pytest.mark.parametrize("task", TASKS)
def test_an_int8_graph_says_the_same_of_a_text_in_any_list(
    task: str, quantized: Callable[[str], Path], asked: Callable[[Path], list[Given]]
) -> None:
    bundle = quantized(task)
    texts = [longer(*each) for each in zip(asked(bundle), MORE, strict=True)]
    with load(bundle, Model, variant="int8", threads=1) as model:
        alone = [parts(model(each)) for each in texts]
        assert [parts(each) for each in model(texts)] == alone
        assert [parts(each) for each in model(texts[::-1])] == alone[::-1]
        assert [parts(each) for each in model.stream(texts)] == alone
        together = [parts(each)[1] for each in model(texts, batch_size=len(texts))]
        assert together != [numbers for _, numbers in alone]  # a batch shares a scale
