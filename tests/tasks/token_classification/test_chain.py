from shutil import copytree
from typing import Any

import pytest
from entities import TRAINING

from edgeft.artifacts import MANIFEST, Bundle, Checkpoint
from edgeft.context import Context
from edgeft.runtime import Tagger, load
from edgeft.tasks.token_classification import TokenClassification

FULL = {"finetune": {"method": "full", "epochs": 5, **TRAINING}}
EXPORT = {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}}


@pytest.fixture
def run_it(over_files, entity_files, make_entity_base):
    return over_files("token-classification", make_entity_base("bert"), entity_files)


def test_a_recipe_takes_entities_through_every_kind_of_step(run_it, cost_of_int8, tmp_path):
    report = run_it(
        FULL,
        {"augment": {"method": "mention"}},
        {"distill": {"method": "layers", "keep": 2, "epochs": 3, **TRAINING}},
        {"prune": "vocabulary"},
        {"prune": {"method": "structure", "repair": {"epochs": 1, **TRAINING}}},
        EXPORT,
        {"quantize": "dynamic"},
    )
    assert [row.name for row in report.rows] == ["teacher", "student", "bundle"]
    assert report.row("teacher").value > 0.8
    assert report.row("bundle").value > 0.7
    assert cost_of_int8() <= 0.05
    assert [gate.step for gate in report.gates] == [
        "distill-layers", "prune-vocabulary", "prune-structure", "export-onnx", "quantize-dynamic",
    ]  # fmt: skip
    assert all(gate.passed and gate.metric == "f1" for gate in report.gates)
    assert [each["label"] for each in report.row("bundle").scores.per_class] == ["person", "place"]

    page = (tmp_path / "run" / "report.md").read_text()
    assert "| person |" in page
    assert "baseline" not in page
    assert "Confusions" not in page
    assert "Entity(label=" in (tmp_path / "run" / "bundle" / "README.md").read_text()

    bundle = Bundle.open(tmp_path / "run" / "bundle")
    assert bundle.manifest.decoding.function == "tags"
    with load(bundle.path, Tagger) as model:
        assert model.selftest().passed
        person, place = model("anna lives in new york train3")
    assert (person.label, person.text) == ("person", "anna")
    assert (place.label, place.text) == ("place", "new york")


def test_adapters_learn_entities_that_int8_keeps_in_less_time(run_it, cost_of_int8):
    lora = {
        "finetune": {"method": "lora", "epochs": 6, **TRAINING, "learning_rate": 1e-2, "alpha": 8}
    }
    report = run_it(lora, EXPORT, {"quantize": "dynamic"}, compared=True)
    assert report.row("teacher").value > 0.6
    assert 0 < report.row("bundle").p50_ms < report.row("teacher").p50_ms
    assert cost_of_int8() <= 0.05


@pytest.mark.parametrize("student", ["roberta", "deberta-v2"])
def test_a_student_learns_from_a_teacher_that_cuts_words_otherwise(
    student, make_entity_checkpoint, make_entity_base, entity_dataset, registry, tmp_path
):
    options: dict[str, Any] = {"student": str(make_entity_base(student)), "hard": 0, "epochs": 6}
    step: Any = registry.step("distill", "layers")
    checked = registry.options("distill", "layers", options | TRAINING)
    context = Context(out=tmp_path / "out", task=TokenClassification(), device="cpu", threads=1)
    made = step(checked, context).run(make_entity_checkpoint("bert"), entity_dataset)
    figures = made.manifest.history[-1].figures
    assert figures["validation"]["f1"] > 0.8
    assert figures["teacher_agreement"] > 0.9


def test_a_model_of_somebody_else_teaches(
    make_entity_checkpoint, entity_dataset, registry, tmp_path
):
    folder = copytree(make_entity_checkpoint("bert").path, tmp_path / "theirs")
    (folder / MANIFEST).unlink()
    step: Any = registry.step("distill", "layers")
    options = registry.options("distill", "layers", {"keep": 1, "epochs": 3, **TRAINING})
    context = Context(out=tmp_path / "out", task=TokenClassification(), device="cpu", threads=1)
    made = step(options, context).run(Checkpoint.open(folder), entity_dataset)
    assert made.manifest.history[-1].figures["validation"]["f1"] > 0.8


def test_a_narrow_student_keeps_what_matters_to_each_token(
    make_entity_checkpoint, entity_dataset, registry, tmp_path
):
    step: Any = registry.step("distill", "layers")
    options = {"keep": 2, "width": 16, "neurons": 32, "epochs": 3, **TRAINING}
    context = Context(out=tmp_path / "out", task=TokenClassification(), device="cpu", threads=1)
    made = step(registry.options("distill", "layers", options), context).run(
        make_entity_checkpoint("bert"), entity_dataset
    )
    assert made.manifest.history[-1].figures["validation"]["f1"] > 0.5
