"""Models that a step's options name: what they hold decides what the step makes."""

import json
import shutil
from pathlib import Path

import pytest

from edgeft.errors import ModelError, RecipeError
from edgeft.pipeline import plan


def fingerprints(recipe, registry) -> dict[str, str]:
    return {node.name: node.fingerprint for node in plan(recipe, Path("run"), registry).nodes}


@pytest.mark.parametrize("option", ["student", "teachers"])
def test_a_model_with_other_content_is_another_input(
    make_recipe, registry, tiny_base, tmp_path, option
):
    model = tmp_path / "model"
    shutil.copytree(tiny_base, model)
    value = [str(model)] if option == "teachers" else str(model)
    recipe = make_recipe(steps=[{"finetune": "full"}, {"distill": {"method": "layers"}}])
    recipe.steps[1].options[option] = value
    before = fingerprints(recipe, registry)
    assert before == fingerprints(recipe, registry)
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"hidden_dropout_prob": 0.3}))
    after = fingerprints(recipe, registry)
    changed = [name for name in after if before[name] != after[name]]
    assert changed == ["distill-layers", "student-plain"]


def test_a_model_that_is_not_there_is_named_before_the_run(make_recipe, registry):
    recipe = make_recipe(steps=[{"finetune": "full"}, {"distill": {"method": "layers"}}])
    recipe.steps[1].options["teachers"] = ["./nowhere/else"]
    with pytest.raises(ModelError, match=r"no model directory at \./nowhere/else"):
        plan(recipe, Path("run"), registry)


def test_what_the_run_writes_over_is_no_input(make_recipe, registry, tiny_checkpoint, tmp_path):
    model = tmp_path / "run" / "finetune-full"
    shutil.copytree(tiny_checkpoint.path, model)
    recipe = make_recipe(steps=[{"finetune": "full"}])
    recipe.steps[0].options["continue_from"] = str(model)
    with pytest.raises(RecipeError, match=r"finetune\.continue_from: .* lies in"):
        plan(recipe, tmp_path / "run", registry, force=True)
    assert plan(recipe, tmp_path / "another", registry).nodes
