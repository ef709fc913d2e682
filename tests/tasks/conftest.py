"""A task's whole chain on a tiny model: from rows in a file to a bundle that answers."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Bundle, Dataset
from edgeft.data.rows import open_split
from edgeft.evaluation import evaluate
from edgeft.pipeline import run
from edgeft.recipe import parse_recipe
from edgeft.registry import Registry
from edgeft.report import Report

TRAINING = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
TOPICS = {
    "card": ["card", "chip", "pin", "contactless"],
    "cash": ["cash", "machine", "notes", "coins"],
    "transfer": ["transfer", "iban", "account", "payee"],
}
ASKING = ["where is my", "why was the", "please help with a", "is there a fee for the"]

CLEAN = {"clean": {"method": "review", "apply": True, "checks": ["duplicate", "contradiction"]}}
"""a first step of every chain"""
BENCH = {"seconds": 0.2}

Row = dict[str, Any]
Chain = Callable[..., tuple[Path, Report]]


def sentence(label: str, chooser: random.Random, number: int) -> str:
    """A text whose word gives its label away, unlike any other by its number."""
    return f"{chooser.choice(ASKING)} {chooser.choice(TOPICS[label])} {number}"


@pytest.fixture
def chain(tiny_base: Path, tmp_path: Path, registry: Registry) -> Chain:
    """Run a recipe over rows that `make(chooser, number)` gives, into tmp_path/run."""

    def start(
        task: str,
        make: Callable[[random.Random, int], Row],
        *,
        steps: list[dict[str, Any]] | None = None,
        rows: tuple[int, int, int] = (96, 30, 30),
        compared: bool = False,
        **changes: Any,
    ) -> tuple[Path, Report]:
        data: dict[str, Any] = {}
        first = 0
        for split, count in zip(("train", "validation", "test"), rows, strict=True):
            chooser = random.Random(split)
            path = tmp_path / f"{split}.jsonl"
            lines = [json.dumps(make(chooser, first + number)) for number in range(count)]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            data[split] = str(path)
            first += count
        recipe = parse_recipe(
            {
                "task": task,
                "base": str(tiny_base),
                "data": data | changes.pop("data", {}),
                "steps": [CLEAN, *steps]
                if steps
                else [
                    CLEAN,
                    {"finetune": {"method": "full", "epochs": 8, **TRAINING}},
                    {"augment": {"method": "delete"}},
                    {"distill": {"method": "layers", "keep": 2, "epochs": 3, **TRAINING}},
                    {"prune": {"method": "vocabulary"}},
                    {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
                    {"quantize": {"method": "dynamic"}},
                ],
                "gates": {"max_drop": 0.5},
                "bench": BENCH,
                **changes,
            }
        )
        report = run(recipe, tmp_path / "run", registry, threads=1, device="cpu", compared=compared)
        return tmp_path / "run" / "bundle", report

    return start


@pytest.fixture
def over_files(tmp_path: Path, registry: Registry) -> Callable[..., Callable[..., Report]]:
    """What runs any steps over files that are there into tmp_path/run."""

    def prepared(task: str, base: Path, data: dict[str, Any]) -> Callable[..., Report]:
        def start(*steps: Row, compared: bool = False) -> Report:
            recipe = {"task": task, "base": str(base), "data": data, "steps": [CLEAN, *steps]}
            judged = {"gates": {"max_drop": 0.5, "metric": "f1"}, "effort": "quick", "bench": BENCH}
            where = tmp_path / "run", registry
            return run(
                parse_recipe(recipe | judged), *where, threads=1, device="cpu", compared=compared
            )

        return start

    return prepared


@pytest.fixture
def copies(tmp_path: Path) -> Callable[[str], list[tuple[Row, Row]]]:
    """The copies that an augmenter of tmp_path/run made, each with the row it is a copy of."""

    def made_by(method: str) -> list[tuple[Row, Row]]:
        made = open_split(Dataset.open(tmp_path / "run" / f"augment-{method}"), "train")
        rows = {row["id"]: row for row in made}
        found = [(row, rows[row["parent"]]) for row in made if row["parent"] is not None]
        assert len(found) > len(rows) / 4
        return found

    return made_by


@pytest.fixture
def cost_of_int8(tmp_path: Path, registry: Registry) -> Callable[[], float]:
    """What the int8 graph of tmp_path/run answers worse than its fp32 one, of all training rows."""

    def cost() -> float:
        bundle = Bundle.open(tmp_path / "run" / "bundle")
        data, task = Dataset.open(tmp_path / "run" / "data"), registry.task(bundle.task)
        of_float, of_int8 = (
            evaluate(bundle, data, "train", task=task, threads=1, variant=variant).scores.metrics
            for variant in ("fp32", "int8")
        )
        return of_float[task.metric] - of_int8[task.metric]

    return cost


@pytest.fixture
def static_steps() -> list[dict[str, Any]]:
    """Steps to a student that is a small table of vectors."""
    sizes = {
        "epochs": 80,
        "batch_size": 16,
        "learning_rate": 0.02,
        "width": 16,
        "buckets": 64,
        "hidden": 32,
    }
    return [
        {
            "finetune": {
                "method": "lora",
                "epochs": 12,
                **TRAINING,
                "learning_rate": 1e-2,
                "alpha": 8,
            }
        },
        {"distill": {"method": "static", **sizes}},
        {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
        {"quantize": {"method": "dynamic"}},
    ]
