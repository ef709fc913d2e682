import copy

import pytest

from edgeft.errors import RecipeError
from edgeft.recipe import load_recipe, parse_recipe, recipe_schema
from edgeft.registry import load_plugins

GOOD = {
    "base": "some/model",
    "data": {"train": "train.csv"},
    "steps": [{"finetune": {"method": "full", "epochs": 1}}, {"export": "onnx"}],
}


def test_yaml_1_2_reads_numbers_and_words_as_people_mean_them(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "base: some/model\n"
        "data: {train: train.csv, columns: {label: no}}\n"
        "steps:\n"
        "  - finetune: {method: full, learning_rate: 2e-4}\n"
    )
    recipe = load_recipe(path)
    assert recipe.steps[0].options == {"learning_rate": 2e-4}
    assert recipe.data.columns.label == "no"


def test_a_step_may_be_its_method_alone():
    step = parse_recipe(GOOD).steps[1]
    assert (step.kind, step.method, step.options) == ("export", "onnx", {})


WRONG = {
    "misspelt key": (
        lambda recipe: recipe.update(tsk="x"),
        ("recipe: unknown key 'tsk'", "did you mean 'task'?"),
    ),
    "misspelt key in a part": (
        lambda recipe: recipe["data"].update(trian="x"),
        ("recipe: unknown key 'data.trian'", "did you mean 'train'?"),
    ),
    "misspelt step": (
        lambda recipe: recipe["steps"].append({"distil": "layers"}),
        ("recipe: unknown step 'distil'", "did you mean 'distill'?"),
    ),
    "step before what it needs": (
        lambda recipe: recipe["steps"].insert(0, {"distill": "layers"}),
        ("recipe: step distill comes before any finetune", "move it down"),
    ),
    "pruning before there is a checkpoint": (
        lambda recipe: recipe["steps"].insert(0, {"prune": "vocabulary"}),
        ("recipe: step prune comes before any finetune", "move it down"),
    ),
    "pruning after export": (
        lambda recipe: recipe["steps"].append({"prune": "vocabulary"}),
        ("recipe: step prune comes after export", "move it up"),
    ),
    "training after export": (
        lambda recipe: recipe["steps"].append({"augment": "mask"}),
        ("recipe: step augment comes after export", "move it up"),
    ),
    "step without method": (
        lambda recipe: recipe["steps"].append({"quantize": {"per_channel": True}}),
        ("recipe: step quantize names no method", "write `quantize: {method: NAME}`"),
    ),
    "missing key": (
        lambda recipe: recipe.pop("base"),
        ("recipe: base is missing", "add `base:`"),
    ),
    "no steps": (
        lambda recipe: recipe.update(steps=[]),
        (
            "recipe: steps: List should have at least 1 item after validation, not 0",
            "see `edgeft show recipe`",
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_recipe_says_what_and_what_to_do(name):
    change, expected = WRONG[name]
    recipe = copy.deepcopy(GOOD)
    change(recipe)
    with pytest.raises(RecipeError) as caught:
        parse_recipe(recipe)
    assert (caught.value.message, caught.value.hint) == expected


def test_broken_yaml_is_named_by_line(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("base: some/model\ndata: {train: [\n")
    with pytest.raises(RecipeError, match=r"recipe.yaml, line \d"):
        load_recipe(path)


def test_a_recipe_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "none.yaml")
    assert caught.value.hint == "make one: edgeft init"


def test_a_teacher_takes_the_place_of_a_finetune_step():
    recipe = parse_recipe(
        {**GOOD, "teacher": "runs/teacher", "steps": [{"distill": "layers"}, {"export": "onnx"}]}
    )
    assert [step.kind for step in recipe.steps] == ["distill", "export"]


def test_the_schema_knows_every_installed_step():
    registry = load_plugins()
    branches = recipe_schema(registry)["properties"]["steps"]["items"]["anyOf"]
    named = {(branch["required"][0], *branch["properties"]) for branch in branches}
    assert {kind for kind, _ in named} == {kind for kind, _ in registry.steps}


def test_the_schema_allows_what_is_left_to_the_effort():
    registry = load_plugins()
    branches = recipe_schema(registry)["properties"]["steps"]["items"]["anyOf"]
    full = next(
        branch["properties"]["finetune"]["properties"]
        for branch in branches
        if branch["properties"].get("finetune", {}).get("properties", {}).get("method", {})
        == {"const": "full"}
    )
    assert full["r_drop"]["anyOf"] == [
        {"minimum": 0, "type": "number"},
        {"const": "auto", "type": "string"},
    ]


def test_settings_reach_options_within_options_of_every_step_of_a_kind(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "base: some/model\n"
        "data: {train: train.csv}\n"
        "steps:\n"
        "  - finetune: full\n"
        "  - distill: {method: layers, matching: {method: hidden, epochs: 2}}\n"
        "  - distill: layers\n"
    )
    settings = {"distill.matching.epochs": 3, "finetune.private.epsilon": 8, "distill.keep": 1}
    steps = load_recipe(path, settings).steps
    assert [step.options for step in steps] == [
        {"private": {"epsilon": 8}},
        {"matching": {"method": "hidden", "epochs": 3}, "keep": 1},
        {"matching": {"epochs": 3}, "keep": 1},
    ]
