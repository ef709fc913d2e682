"""A tiny bundle, and what becomes of it by each method where every loss is allowed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.options import Gates
from edgeft.tasks.text_classification import TextClassification
from edgeft_quantize import Dynamic, DynamicOptions, Static, StaticOptions

LENIENT = Gates(max_drop=1.0)
METHODS: dict[str, Callable[[Context], Any]] = {
    "dynamic": lambda context: Dynamic(DynamicOptions(), context),
    "static": lambda context: Static(StaticOptions(calibration_texts=40), context),
}


@pytest.fixture(scope="session")
def make_quantized(
    make_tiny_export: Callable[[str], Bundle], tiny_dataset: Dataset, made_once: Any
) -> Callable[..., Bundle]:
    """Quantize a family's tiny bundle by a method, once for all tests that only look at it."""

    def make(method: str, family: str = "bert") -> Bundle:
        def quantize(out: Path) -> None:
            context = Context(
                out=out, task=TextClassification(), device="cpu", threads=1, gates=LENIENT
            )
            METHODS[method](context).run(make_tiny_export(family), tiny_dataset)

        return Bundle.open(made_once(f"quantized/{method}/{family}", quantize))

    return make


@pytest.fixture
def lenient(context: Context) -> Context:
    return context.at(context.out, gates=LENIENT)


@pytest.fixture
def bert(make_tiny_export: Callable[[str], Bundle]) -> Bundle:
    return make_tiny_export("bert")
