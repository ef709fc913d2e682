"""Every method works for every task that the registry says it suits, on a tiny model."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from every_task import prepared

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import inputs_of, open_split
from edgeft.evaluation import outputs_of
from edgeft.gates.sessions import best_session
from edgeft.gates.speed import interleaved
from edgeft.options import Gates
from edgeft.plugin import PluginError
from edgeft.registry import Registry, load_plugins
from edgeft.runtime import Model, load
from edgeft.tasks import Task

ONE_STEP = {"epochs": 1, "batch_size": 16, "precision": "fp32", "weights": "last"}
STUDENT = ONE_STEP | {"keep": 1}
CUT = {"keep": 1}
AS_CAPTURED = {"strategies": ["trace"], "rewrites": []}
NARROW = {"repair": None, "texts": 8}
SMALL = {"width": 8, "buckets": 16, "hidden": 8}
METHODS: dict[tuple[str, str], dict[str, Any]] = {
    ("finetune", "embed"): {},
    ("finetune", "full"): ONE_STEP,
    ("finetune", "lora"): ONE_STEP | {"rank": 2},
    ("distill", "layers"): STUDENT,
    ("distill", "hidden"): STUDENT,
    ("distill", "relation"): STUDENT,
    ("distill", "static"): ONE_STEP | SMALL,
    ("distill", "qat"): ONE_STEP,
    ("prune", "layers"): CUT,
    ("prune", "structure"): NARROW,
    ("prune", "vocabulary"): {"reserve": 0},
    ("export", "onnx"): AS_CAPTURED,
    ("quantize", "dynamic"): {"profile": "x86-vnni", "embeddings": "int8"},
    ("quantize", "static"): {"profile": "x86-vnni", "embeddings": "int8", "calibration_texts": 4},
}
"""methods by kind, with the options that cost least"""


def suits(registry: Registry, task: Task, kind: str, method: str) -> bool:
    """Whether the registry would let a recipe of the task name the method."""
    cls = registry.step(kind, method)
    try:
        cls.check_task(registry.options(kind, method, METHODS[kind, method]), task)
    except PluginError:
        return False
    return True


def every() -> list[Any]:
    registry = load_plugins()
    return [
        pytest.param(task, kind, method, id=f"{task}-{kind}-{method}")
        for task in registry.tasks
        for kind, method in METHODS
        if suits(registry, registry.task(task), kind, method)
    ]


@dataclass(frozen=True)
class Workplace:
    """A task with its rows, a teacher, and where the teacher came from."""

    task: Task
    data: Dataset
    base: Path
    registry: Registry
    folder: Path

    def made(self, kind: str, method: str) -> Any:
        """What a method makes, once."""
        out = self.folder / f"{kind}-{method}"
        if out.exists():
            return (Bundle if kind in ("export", "quantize") else Checkpoint).open(out)
        given: Any = self.base
        if kind == "quantize":
            given = self.made("export", "onnx")
        elif kind == "export":
            given = self.made("prune", "layers")  # of one layer
        elif kind != "finetune":
            given = self.teacher()
        context = Context(
            out=out, task=self.task, device="cpu", threads=1, gates=Gates(max_drop=1.0)
        )
        step: Any = self.registry.step(kind, method)
        options = self.registry.options(kind, method, METHODS[kind, method])
        return step(options, context).run(given, self.data)

    def teacher(self) -> Checkpoint:
        """A finetuned model, or an encoder as it is where there is nothing to learn from."""
        learns = suits(self.registry, self.task, "finetune", "full")
        found: Checkpoint = self.made("finetune", "full" if learns else "embed")
        return found


@pytest.fixture(scope="module", autouse=True)
def untimed() -> Iterator[None]:
    """Let alternatives take two turns, and none be tried: which is faster is not the question."""
    with pytest.MonkeyPatch.context() as patch:
        for timed in (interleaved, best_session):
            patch.setitem(timed.__kwdefaults__, "rounds", 2)
        patch.setitem(best_session.__kwdefaults__, "changes", {})
        yield


@pytest.fixture(scope="module")
def make_workplace(
    make_every_base: Callable[..., Path],
    registry: Registry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Workplace]:
    base = make_every_base("bert", num_hidden_layers=2)
    places: dict[str, Workplace] = {}

    def make(name: str) -> Workplace:
        if name not in places:
            task, folder = registry.task(name), tmp_path_factory.mktemp(name)
            data, _ = prepared(task, folder, 12)
            places[name] = Workplace(task, data, base, registry, folder)
        return places[name]

    return make


@pytest.mark.parametrize(("task", "kind", "method"), every())
def test_what_a_method_makes_answers(
    make_workplace: Callable[[str], Workplace], task: str, kind: str, method: str
) -> None:
    place = make_workplace(task)
    made = place.made(kind, method)
    texts = list(inputs_of(open_split(place.data, "validation")))[:3]
    if isinstance(made, Bundle):
        with load(made.path, Model, variant=sorted(made.manifest.variants)[-1]) as model:
            assert model.selftest().passed
            assert len(model(texts)) == 3
    else:
        found = outputs_of(Checkpoint.open(made.path), texts, task=place.task, threads=1)
        assert len(found) == 3
        assert np.isfinite(found.values).all()
