from pathlib import Path

import numpy as np
import pytest

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.evaluation import evaluate
from edgeft.registry import Registry
from edgeft.steps import Context


@pytest.mark.parametrize("method", ["full", "lora"])
def test_learns_and_scores_as_the_training_said(
    method: str, each_tiny_base: Path, tiny_dataset: Dataset, registry: Registry, context: Context
) -> None:
    values = {"epochs": 6, "learning_rate": 5e-3, "batch_size": 8, "precision": "fp32"}
    step = registry.step("finetune", method)(registry.options("finetune", method, values), context)

    checkpoint = step.run(each_tiny_base, tiny_dataset)

    found = evaluate(checkpoint, tiny_dataset, "validation", task=context.task, threads=1)
    said = checkpoint.manifest.history[-1].figures["validation"]
    assert found.scores.metrics["accuracy"] == pytest.approx(said["accuracy"])
    assert found.scores.metrics["accuracy"] >= 0.8
    assert np.array_equal(found.correct.mean(), found.scores.metrics["accuracy"])
    again = Checkpoint.open(context.out)
    again.verify()
    assert again.labels == tiny_dataset.labels
    assert not context.scratch.exists()
