import pytest
import torch

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.evaluation import evaluate
from edgeft.registry import Registry

SHORT = {"batch_size": 8, "precision": "fp32"}


def test_full_learns_and_scores_as_its_training_said(
    each_tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    checkpoint = each_tiny_checkpoint

    found = evaluate(checkpoint, tiny_dataset, "validation", task=context.task, threads=1)
    said = checkpoint.manifest.history[-1].figures["validation"]
    assert found.scores.metrics["accuracy"] == pytest.approx(said["accuracy"])
    assert found.scores.metrics["accuracy"] > 0.5  # three labels: 0.33 by chance
    checkpoint.verify()
    assert checkpoint.labels == tiny_dataset.labels
    made_at = checkpoint.path.parent / "making" / checkpoint.path.name
    assert not context.at(made_at).scratch.exists()


def test_lora_is_merged_into_the_encoder_and_scores_as_its_training_said(
    each_tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, registry: Registry, context: Context
) -> None:
    values = SHORT | {"epochs": 2, "learning_rate": 3e-3}
    step = registry.step("finetune", "lora")(registry.options("finetune", "lora", values), context)

    checkpoint = step.run(each_tiny_checkpoint.path, tiny_dataset)

    found = evaluate(checkpoint, tiny_dataset, "validation", task=context.task, threads=1)
    figures = checkpoint.manifest.history[-1].figures
    assert found.scores.metrics["accuracy"] == pytest.approx(figures["validation"]["accuracy"])
    assert figures["trained_weights"] < figures["weights"]
    before = context.task.load_model(each_tiny_checkpoint.path).state_dict()
    after = context.task.load_model(checkpoint.path).state_dict()
    assert before.keys() == after.keys()
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert any("classifier" in name for name in changed)
    assert any("layer" in name for name in changed)
    assert not any("embeddings" in name for name in changed)
    assert not context.scratch.exists()
