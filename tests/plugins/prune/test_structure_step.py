"""The structure pruner on every family: narrower layers that learn from the whole model."""

from functools import partial

import numpy as np
import pytest

from edgeft.artifacts import Checkpoint
from edgeft.data.rows import open_split
from edgeft.errors import ModelError, PluginError
from edgeft.evaluation import evaluate, logits_of
from edgeft.runtime import load
from edgeft.surgery.neurons import neurons_of
from edgeft.surgery.silent import heard

REPAIR = {"epochs": 4, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}


@pytest.fixture
def prune(registry, context):
    """Run the step with options."""

    def run(checkpoint, data, **options) -> Checkpoint:
        cls = registry.step("prune", "structure")
        circumstances = context.at(context.out, force=True)
        return cls(registry.options("prune", "structure", options), circumstances).run(
            checkpoint, data
        )

    return run


def test_half_of_the_neurons_go_and_the_answers_stay(
    prune, each_tiny_checkpoint, tiny_dataset, context
):
    made = prune(each_tiny_checkpoint, tiny_dataset, repair=REPAIR)
    model, whole = (context.task.load_model(each.path) for each in (made, each_tiny_checkpoint))
    assert (neurons_of(model), neurons_of(whole)) == (32, 64)
    figures = made.manifest.history[-1].figures
    assert figures["neurons"] == 32
    assert figures["parameters"] == model.num_parameters() < figures["parameters_of"]
    assert 0.5 < figures["neuron_scores"] < 1
    before, after = (
        evaluate(each, tiny_dataset, "validation", task=context.task).scores.metrics["accuracy"]
        for each in (each_tiny_checkpoint, made)
    )
    assert after >= before - 0.1
    assert made.max_length == each_tiny_checkpoint.max_length
    assert not (context.out.parent / ".out.teacher-logits").exists()


def test_without_repair_the_kept_neurons_are_the_checkpoints_own(
    prune, tiny_checkpoint, tiny_dataset, context
):
    made = prune(tiny_checkpoint, tiny_dataset, neurons=0.25, repair=None)
    model, whole = (context.task.load_model(each.path) for each in (made, tiny_checkpoint))
    for small, large in zip(model.bert.encoder.layer, whole.bert.encoder.layer, strict=True):
        rows = {tuple(row.tolist()) for row in large.intermediate.dense.weight}
        assert len(small.intermediate.dense.weight) == 16
        assert {tuple(row.tolist()) for row in small.intermediate.dense.weight} <= rows
    assert "validation" not in made.manifest.history[-1].figures


def test_same_seed_prunes_the_same(prune, tiny_checkpoint, tiny_dataset):
    made = [prune(tiny_checkpoint, tiny_dataset, repair=None, texts=40) for _ in range(2)]
    assert made[0].digest == made[1].digest


def test_number_of_parameters_decides_the_width(prune, tiny_checkpoint, tiny_dataset, context):
    whole = context.task.load_model(tiny_checkpoint.path).num_parameters()
    made = prune(tiny_checkpoint, tiny_dataset, parameters=whole - 5000, repair=None)
    model = context.task.load_model(made.path)
    one_step = 8 * 4 * (2 * 32 + 1)  # neurons a step, layers, weights of a neuron with its bias
    assert whole - 5000 - one_step < model.num_parameters() <= whole - 5000


def test_too_few_parameters_are_refused(prune, tiny_checkpoint, tiny_dataset, context):
    with pytest.raises(ModelError, match=r"parameters: 100 are fewer than the \d+,\d+"):
        prune(tiny_checkpoint, tiny_dataset, parameters=100)
    assert not context.out.exists()


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "electra", "modernbert"])
def test_half_of_the_heads_go_and_are_not_exported(
    family, prune, make_tiny_checkpoint, tiny_dataset, context, registry
):
    checkpoint = make_tiny_checkpoint(family)
    made = prune(checkpoint, tiny_dataset, neurons=1, heads=0.5, repair=REPAIR)
    figures = made.manifest.history[-1].figures
    assert (figures["heads"], figures["heads_of"]) == (1, 2)
    assert 0.5 < figures["head_scores"] < 1
    assert figures["parameters"] < figures["parameters_of"]
    assert [len(each) for each in heard(context.task.load_model(made.path))] == [1] * 4
    texts = list(open_split(tiny_dataset, "test")["text"])
    with load(exported(made, registry, context, tiny_dataset).path) as model:
        wanted = logits_of(made, texts, task=context.task)
        np.testing.assert_allclose(model.logits(texts), wanted, atol=1e-4)
    spared = figures["parameters_of"] - figures["parameters"]
    plain = partial(exported, registry=registry, context=context, data=tiny_dataset, rewrites=[])
    sizes = [plain(each).variant_file("fp32").stat().st_size for each in (checkpoint, made)]
    assert sizes[0] - sizes[1] == pytest.approx(4 * spared, rel=0.05)


def test_a_share_is_of_the_heads_that_are_left(
    registry, make_tiny_checkpoint, tiny_dataset, context
):
    cls, model = registry.step("prune", "structure"), make_tiny_checkpoint("bert")
    for name, heads in (("half", 0.5), ("half-again", 0.5)):
        options = registry.options(
            "prune", "structure", {"neurons": 1, "heads": heads, "repair": None}
        )
        model = cls(options, context.at(context.out / name)).run(model, tiny_dataset)
    first, second = (step.figures for step in model.manifest.history[-2:])
    assert (first["heads"], first["heads_of"]) == (1, 2)
    assert (second["heads"], second["heads_of"]) == (1, 1)
    assert second["parameters"] == second["parameters_of"] == first["parameters"]


def exported(checkpoint, registry, context, data, **options):
    """A bundle of a checkpoint; which of the rewrites stay, their speed decides."""
    circumstances = context.at(context.out.parent / f"bundle-{checkpoint.digest}", force=True)
    options = registry.options("export", "onnx", {"strategies": ["trace"], **options})
    return registry.step("export", "onnx")(options, circumstances).run(checkpoint, data)


def test_heads_of_deberta_are_refused(prune, make_tiny_checkpoint, tiny_dataset):
    with pytest.raises(ModelError, match="cannot lose heads"):
        prune(make_tiny_checkpoint("deberta-v2"), tiny_dataset, heads=0.5)


def test_parameters_of_silent_heads_are_not_counted(prune, tiny_checkpoint, tiny_dataset, context):
    whole = context.task.load_model(tiny_checkpoint.path).num_parameters()
    of_a_head = 4 * (4 * 16 * 32 + 3 * 16)  # layers, four maps, three biases
    one_step = 8 * 4 * (2 * 32 + 1)
    limit = whole - of_a_head - one_step
    made = prune(tiny_checkpoint, tiny_dataset, heads=0.5, parameters=limit, repair=None)
    assert made.manifest.history[-1].figures["neurons"] == 64 - 8
    assert made.manifest.history[-1].figures["parameters"] == limit


def test_options_that_remove_nothing_are_refused(registry):
    with pytest.raises(PluginError, match="nothing would be removed"):
        registry.options("prune", "structure", {"neurons": 1})


def test_labels_that_the_checkpoint_does_not_know_are_refused(prune, tiny_checkpoint, topics):
    with pytest.raises(ModelError, match="does not know 3 of the data's 3 labels"):
        prune(tiny_checkpoint, topics)
