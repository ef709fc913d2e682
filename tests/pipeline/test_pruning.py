"""Prune steps in a recipe: where they may stand, what they read, what their gates compare."""

from pathlib import Path

import pytest

from edgeft.artifacts import Bundle
from edgeft.errors import DataError
from edgeft.pipeline import plan, run
from edgeft.runtime import load

TRAINING = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
FINETUNE = {"finetune": "full"}
HALF = {"prune": {"method": "structure", "repair": {"epochs": 4, **TRAINING}}}


@pytest.mark.slow
def test_prunes_in_a_row_end_in_a_bundle_that_is_compared_step_by_step(
    make_recipe, registry, tmp_path, tiny_checkpoint
):
    export = {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}}
    recipe = make_recipe(
        teacher=str(tiny_checkpoint.path), steps=[HALF, {"prune": "vocabulary"}, export]
    )
    report = run(recipe, tmp_path / "run", registry, threads=1, device="cpu", compared=False)
    assert [gate.step for gate in report.gates] == [
        "prune-structure", "prune-vocabulary", "export-onnx",
    ]  # fmt: skip
    rows = {row.name: row for row in report.rows}
    assert list(rows) == ["baseline", "teacher", "student", "bundle"]
    assert rows["student"].size_bytes < rows["teacher"].size_bytes
    values = {gate.step: (gate.reference, gate.candidate) for gate in report.gates}
    assert values["prune-structure"][1] == values["prune-vocabulary"][0]
    bundle = Bundle.open(tmp_path / "run" / "bundle")
    bundle.verify()
    assert [record.kind for record in bundle.manifest.history] == [
        "finetune", "data", "prune", "prune", "export",
    ]  # fmt: skip
    with load(bundle.path) as model:
        assert model.selftest().passed


def test_a_prune_reads_copies_and_stands_between_student_and_export(make_recipe, registry):
    steps = [FINETUNE, {"augment": "mask"}, {"distill": "layers"}, {"prune": "vocabulary"}]
    found = plan(make_recipe(steps=[*steps, {"export": "onnx"}]), Path("run"), registry)
    nodes = {node.name: node for node in found.nodes}
    assert nodes["prune-vocabulary"].inputs == {
        "data": Path("run/augment-mask"),
        "checkpoint": Path("run/distill-layers"),
    }
    assert nodes["export-onnx"].inputs["checkpoint"] == Path("run/prune-vocabulary")
    assert found.teacher == Path("run/finetune-full")
    assert found.student is nodes["prune-vocabulary"]


def test_a_pruned_teacher_can_be_distilled_from(make_recipe, registry):
    steps = [FINETUNE, {"prune": "vocabulary"}, {"distill": "layers"}]
    found = plan(make_recipe(steps=steps), Path("run"), registry)
    nodes = {node.name: node for node in found.nodes}
    assert nodes["distill-layers"].inputs["teacher"] == Path("run/prune-vocabulary")
    assert found.teacher == Path("run/finetune-full")  # what both lost shows against it
    assert found.plain is not None


def test_content_of_a_corpus_decides_what_is_run_again(make_recipe, registry, tmp_path):
    corpus = tmp_path / "use.txt"
    prune = {"prune": {"method": "vocabulary", "corpora": [str(corpus)]}}
    recipe = make_recipe(steps=[FINETUNE, prune])
    with pytest.raises(DataError, match=r"corpora: no file at .*use\.txt"):
        plan(recipe, tmp_path / "run", registry)
    prints = []
    for text in ("coins", "coins", "notes"):
        corpus.write_text(text)
        prints.append(plan(recipe, tmp_path / "run", registry).nodes[-1].fingerprint)
    assert prints[0] == prints[1] != prints[2]
