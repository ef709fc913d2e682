"""Every lever of a recipe is found, by a name that a person can type."""

from typing import Any

import pytest

from edgeft.ablation.levers import chosen, levers, until
from edgeft.errors import RecipeError
from edgeft.recipe import Recipe, parse_recipe

FULL: dict[str, Any] = {"method": "full", "epochs": 3, "r_drop": 1.0, "mixup": 0.0}
DATA = {"train": "train.csv", "unlabelled": "more.csv"}


def recipe(*steps: dict[str, Any], **changes: Any) -> Recipe:
    return parse_recipe({"base": "base", "data": DATA, "steps": list(steps), **changes})


def test_every_lever_is_found_and_left_out_alone(registry) -> None:
    whole = recipe(
        {"clean": {"method": "review"}},
        {"clean": {"method": "review", "decisions": "decisions.csv"}},
        {"clean": {"method": "review", "apply": True}},
        {"augment": "mask"},
        {"finetune": {**FULL, "class_weights": "balanced", "pooling": "mean"}},
        {"augment": {"method": "mask", "copies": 2}},
        {"distill": {"method": "layers", "keep": 2, "epochs": 1}},
    )
    found = levers(whole, registry)
    assert [each.name for each in found] == [
        "unlabelled",
        "clean.review.1",
        "clean.review.2",
        "augment.mask.1",
        "finetune.class_weights",
        "finetune.r_drop",
        "augment.mask.2",
        "distill.use_copies",
    ]
    by_name = {each.name: each.recipe for each in found}
    assert by_name["unlabelled"].data.unlabelled is None
    assert by_name["unlabelled"].steps == whole.steps
    assert by_name["clean.review.1"].steps == [whole.steps[0], *whole.steps[2:]]
    assert by_name["augment.mask.2"].steps == [*whole.steps[:5], whole.steps[6]]
    options = by_name["finetune.r_drop"].steps[4].options
    assert options == {
        "epochs": 3, "mixup": 0.0, "r_drop": 0.0, "class_weights": "balanced", "pooling": "mean",
    }  # fmt: skip
    assert {each.what for each in found} >= {
        "the texts without labels",
        "the step augment: mask",
        "finetune's r_drop: 1.0 (0.0 instead)",
    }


def test_what_the_effort_switches_off_is_no_lever(registry) -> None:
    step = {"finetune": {**FULL, "r_drop": "auto"}}
    search = [step, {"augment": "mask"}, {"distill": {"method": "auto"}}]
    found = {each.name: each.what for each in levers(recipe(*search), registry)}
    assert found["finetune.r_drop"] == "finetune's r_drop: 1.0 (0.0 instead)"
    quick = [each.name for each in levers(recipe(*search, effort="quick"), registry)]
    assert quick == ["unlabelled"]


def test_a_search_keeps_an_augment_step(registry) -> None:
    search = {"distill": {"method": "auto"}}
    one = recipe({"finetune": FULL}, {"augment": "mask"}, search)
    two = recipe({"finetune": FULL}, {"augment": "mask"}, {"augment": "delete"}, search)
    assert [each.name for each in levers(one, registry)] == ["unlabelled", "finetune.r_drop"]
    assert [each.name for each in levers(two, registry)] == [
        "unlabelled", "finetune.r_drop", "augment.mask", "augment.delete",
    ]  # fmt: skip


def test_adapting_is_a_lever_and_what_needs_more_texts_has_a_stand_in(
    registry,
) -> None:
    whole = recipe(
        {"finetune": {"method": "adapt", "epochs": 1}},
        {"finetune": {"method": "self-training", "rounds": 1}},
    )
    found = {each.name: each.recipe for each in levers(whole, registry)}
    assert {"finetune.adapt", "unlabelled"} <= found.keys()
    assert found["finetune.adapt"].steps == whole.steps[1:]
    assert [step.method for step in found["unlabelled"].steps] == ["adapt", "auto"]
    assert found["unlabelled"].steps[1].options == {}


def test_copies_of_texts_without_labels_go_with_these(registry) -> None:
    whole = recipe(
        {"augment": "mention"},
        {"finetune": FULL},
        {"augment": "plant"},
        {"distill": {"method": "layers", "keep": 2}},
        task="token-classification",
    )
    found = {each.name: each.recipe for each in levers(whole, registry)}
    without = [step.method for step in found["unlabelled"].steps]
    assert without == ["mention", "full", "layers"]
    assert [step.method for step in found["augment.plant"].steps] == without


def test_levers_are_chosen_by_name(registry) -> None:
    found = levers(recipe({"finetune": FULL}), registry)
    assert [each.name for each in chosen(found, ["unlabelled"])] == ["unlabelled"]
    assert chosen(found, []) == found
    with pytest.raises(RecipeError) as caught:
        chosen(found, ["finetune.rdrop"])
    assert "finetune.r_drop" in (caught.value.hint or "")
    with pytest.raises(RecipeError, match="no data lever"):
        chosen([], [])


def test_a_recipe_ends_where_it_is_told() -> None:
    whole = recipe(
        {"finetune": FULL},
        {"distill": {"method": "layers", "keep": 2}},
        {"export": "onnx"},
        {"quantize": "dynamic"},
        gates={"max_size_mb": 5},
    )
    short = until(whole, "finetune")
    assert [step.kind for step in short.steps] == ["finetune"]
    assert short.gates.max_size_mb is None
    exported = until(whole, "export")
    assert [step.kind for step in exported.steps] == ["finetune", "distill", "export"]
    assert exported.gates.max_size_mb == 5
    with pytest.raises(RecipeError, match="no prune step"):
        until(whole, "prune")
    search = recipe({"finetune": FULL}, {"augment": "mask"}, {"distill": "auto"})
    assert [step.kind for step in until(search, "augment").steps] == ["finetune", "augment"]
    with pytest.raises(RecipeError, match="as they ship"):
        until(search, "distill")
