"""Rows count by their weights, whatever trains on them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.evaluation import evaluate
from edgeft.registry import Registry
from edgeft_finetune.contrastive import contrastive_loss

QUICK: dict[str, dict[str, Any]] = {
    "probe": {"label_names": "no", "strength": 100.0},
    "contrastive": {"label_names": "no", "strength": 100.0, "epochs": 1, "batch_size": 16},
    "full": {"epochs": 4, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"},
}


@pytest.fixture
def misled(tiny_dataset: Dataset, tmp_path: Path) -> Callable[[float], Dataset]:
    """The tiny dataset, and each of its training texts once more with a label that is wrong."""

    def made(weight: float) -> Dataset:
        names = tiny_dataset.labels
        wrong = dict(zip(names, [*names[1:], names[0]], strict=True))
        with Dataset.create(tmp_path / f"misled-{weight}") as draft:
            for split in ("train", "validation", "test"):
                rows = open_split(tiny_dataset, split).to_list()
                if split == "train":
                    others = [
                        {**row, "label": wrong[row["label"]], "weight": weight} for row in rows
                    ]
                    rows += others
                rows = [{**row, "id": number} for number, row in enumerate(rows)]
                draft.manifest.rows[split] = write_split(draft.path, split, rows)
            draft.manifest.task = tiny_dataset.manifest.task
            draft.manifest.labels = names
        return draft.artifact

    return made


@pytest.mark.parametrize("method", list(QUICK))
def test_rows_teach_as_much_as_they_weigh(
    method: str, misled: Any, registry: Registry, context: Context, tiny_base: Path
) -> None:
    def accuracy(weight: float) -> float:
        data = misled(weight)
        place = context.at(context.out.with_name(f"{method}-{weight}"))
        options = registry.options("finetune", method, QUICK[method])
        made: Checkpoint = registry.step("finetune", method)(options, place).run(tiny_base, data)
        found = evaluate(made, data, "test", task=context.task, threads=1)
        return found.scores.metrics["accuracy"]

    assert accuracy(0.0) >= 0.6
    assert accuracy(3.0) <= 0.4


def test_contrast_counts_rows_by_their_weights() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8]])
    labels = torch.tensor([0, 0, 1, 1])

    def found(*weights: float) -> float:
        return float(contrastive_loss(vectors, labels, 0.5, torch.tensor(weights)))

    assert found(1, 1, 1, 1) == pytest.approx(float(contrastive_loss(vectors, labels, 0.5)))
    assert found(1, 1, 0, 0) + found(0, 0, 1, 1) == pytest.approx(found(1, 1, 1, 1))
    assert found(0.5, 0, 0, 0) == pytest.approx(found(1, 0, 0, 0) / 2)
