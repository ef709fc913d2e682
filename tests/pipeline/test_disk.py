"""What a run takes of a disk, as a plan foresees it."""

import json
from pathlib import Path

import pytest

from edgeft.pipeline import plan


@pytest.fixture
def base(tiny_base: Path) -> float:
    """Bytes of the base's weights."""
    return float((tiny_base / "model.safetensors").stat().st_size)


@pytest.fixture
def student(tiny_base: Path, base: float) -> float:
    """Bytes of a student of two layers of the base: that share of its matrices."""
    config = json.loads((tiny_base / "config.json").read_text())
    width, neurons = config["hidden_size"], config["intermediate_size"]
    layer = 4 * width**2 + 2 * width * neurons
    words = config["vocab_size"] * width
    return base * (2 * layer + words) / (config["num_hidden_layers"] * layer + words)


def test_a_training_needs_three_checkpoints_with_moments_beside_its_weights(
    make_recipe, registry, base
):
    found = plan(make_recipe(steps=[{"finetune": "full"}]), Path("run"), registry)
    assert (found.bytes_needed, found.bytes_left) == (int(10 * base), int(base))


def test_what_follows_a_student_has_its_size(make_recipe, registry, base, student):
    found = plan(make_recipe(), Path("run"), registry)
    # teacher; student, plain student, fp32 graph, both graphs twice
    left = base + (1 + 1 + 1 + 1.6 + 1.6) * student
    # while the plain student is trained, the last but for the bundle
    plain = base + (1 + 1 + 1.6) * student + (1 + 9) * student
    assert found.bytes_left == pytest.approx(left, abs=2)
    assert found.bytes_needed == pytest.approx(max(10 * base, plain), abs=2)


def test_what_is_cached_takes_nothing_more(make_recipe, registry, tmp_path, base):
    recipe = make_recipe(steps=[{"finetune": "full"}, {"export": "onnx"}])
    node = plan(recipe, tmp_path / "run", registry).nodes[1]
    node.path.mkdir(parents=True)
    (node.path / "edgeft.json").write_text(
        json.dumps({"fingerprint": node.fingerprint, "files": {}})
    )
    (tmp_path / "run" / "recipe.json").touch()
    found = plan(recipe, tmp_path / "run", registry)
    assert (found.bytes_needed, found.bytes_left) == (int(10 * base), int(2 * base))


def test_every_student_that_may_be_tried_is_counted(make_recipe, registry):
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", "keep": 1}}]
    one = plan(make_recipe(steps=steps), Path("run"), registry)
    steps[1] = {"distill": {"method": "auto"}}
    all_depths = plan(make_recipe(steps=steps), Path("run"), registry)
    assert len(one.candidates) == 1
    assert len(all_depths.candidates) > 1
    assert all_depths.bytes_left > one.bytes_left
    assert all_depths.bytes_needed >= all_depths.bytes_left
