"""The layers pruner: some of a checkpoint's layers, as they are or repaired."""

import torch

from edgeft.artifacts import Checkpoint
from edgeft.evaluation import evaluate


def run(registry, context, checkpoint, data, **options) -> Checkpoint:
    step = registry.step("prune", "layers")(registry.options("prune", "layers", options), context)
    return step.run(checkpoint, data)


def test_layers_are_kept_as_they_are(registry, context, tiny_checkpoint, tiny_dataset):
    made = run(registry, context, tiny_checkpoint, tiny_dataset, keep=[0, 3])
    model, whole = (context.task.load_model(each.path) for each in (made, tiny_checkpoint))
    assert len(model.bert.encoder.layer) == 2
    for ours, theirs in ((0, 0), (1, 3)):
        torch.testing.assert_close(
            model.bert.encoder.layer[ours].state_dict(),
            whole.bert.encoder.layer[theirs].state_dict(),
            rtol=0,
            atol=0,
        )
    assert made.manifest.history[-1].figures["layers"] == [0, 3]


def test_repair_teaches_what_the_missing_layers_did(
    registry, context, tiny_checkpoint, tiny_dataset
):
    repair = {"epochs": 6, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
    made = run(registry, context, tiny_checkpoint, tiny_dataset, keep=1, repair=repair)
    found = evaluate(made, tiny_dataset, "validation", task=context.task)
    assert found.scores.metrics["accuracy"] > 0.8
    assert made.manifest.history[-1].figures["transfer_rows"] == {
        "labelled": 96,
        "copies": 0,
        "unlabelled": 24,
    }
