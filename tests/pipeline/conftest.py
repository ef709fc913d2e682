"""A recipe on a tiny model that goes through every kind of step in seconds."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split
from edgeft.recipe import Recipe, parse_recipe

TRACED = {"method": "onnx", "strategies": ["trace"], "rewrites": []}
"""an export that tries nothing"""
TRAINING = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}


@pytest.fixture
def files(tmp_path: Path, tiny_dataset: Dataset) -> dict[str, str]:
    """The tiny dataset as csv files a split."""
    found = {}
    for split in ("train", "validation", "test"):
        rows = open_split(tiny_dataset, split)
        path = tmp_path / f"{split}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            pairs = zip(rows["text"], rows["label"], strict=True)
            csv.writer(file).writerows([("text", "label"), *pairs])
        found[split] = str(path)
    return found


@pytest.fixture
def make_recipe(files: dict[str, str], tiny_base: Path) -> Callable[..., Recipe]:
    """A whole recipe on the tiny BERT, with changes to its export and to its top-level keys."""

    def make(export: dict[str, Any] = TRACED, **changes: Any) -> Recipe:
        return parse_recipe(
            {
                "base": str(tiny_base),
                "data": files,
                "steps": [
                    {"finetune": {"method": "full", "epochs": 8, **TRAINING}},
                    {"augment": {"method": "mask", "copies": 1}},
                    {"distill": {"method": "layers", "keep": 2, "epochs": 6, **TRAINING}},
                    {"export": export},
                    {"quantize": {"method": "dynamic"}},
                ],
                "gates": {"max_drop": 0.5},
                "bench": {"seconds": 0.2},
                **changes,
            }
        )

    return make
