"""Options that are on, by default or by the recipe, are left out; those that do nothing are not."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from edgeft.ablation.levers import levers
from edgeft.pipeline import plan
from edgeft.plugin import Field, Finetuner, Options, hookimpl
from edgeft.recipe import Recipe, load_recipe, parse_recipe
from edgeft.registry import Registry, load_plugins
from edgeft.starter.looking import Look
from edgeft.starter.writing import Answers, write_recipe

LAYERS = {"method": "layers", "keep": 2}
CONTRASTIVE = {"contrast": 0.0, "cutoff": 0.0, "examples": 0}


def recipe(*steps: dict[str, Any], pool: str | None = None) -> Recipe:
    data = {"train": "train.csv", "unlabelled": pool}
    return parse_recipe({"base": "base", "data": data, "steps": list(steps)})


def left_out(registry: Registry, method: str, **options: Any) -> dict[str, Any]:
    """What each lever of a finetune step is set to where it is left out."""
    whole = recipe({"finetune": {"method": method, **options}})
    found = {}
    for lever in levers(whole, registry):
        option = lever.name.removeprefix("finetune.")
        found[option] = lever.recipe.steps[0].options[option]
        assert lever.recipe.steps[0].options == {**options, option: found[option]}
    return found


def test_every_lever_is_an_option_with_a_value_at_which_it_is_off(registry) -> None:
    for (kind, name), cls in registry.steps.items():
        assert set(cls.levers) <= cls.Options.model_fields.keys()
        off = cls.levers if isinstance(cls.levers, Mapping) else {}
        for option, value in off.items():
            assert getattr(registry.options(kind, name, {option: value}), option) == value


@pytest.mark.parametrize(
    ("method", "options", "found"),
    [
        ("contrastive", {}, {"label_names": "no", **CONTRASTIVE}),
        ("contrastive", {"cutoff": 0, "label_names": "no", "contrast": 0, "examples": 0}, {}),
        (
            "contrastive",
            {"soup": 3, "blend": 0.7},
            {"label_names": "no", "blend": 1.0, "soup": 1, **CONTRASTIVE},
        ),
        (
            "self-training",
            {},
            {"balance": 0.0, "cutoff": 0.0, "label_names": "no", "neighbours": 0, "soft": False},
        ),
        ("probe", {}, {"label_names": "no"}),
        ("auto", {}, {"label_names": "no"}),
        ("full", {}, {}),
        ("full", {"layer_decay": 0.9, "mixup": 0.0}, {"layer_decay": 1.0}),
    ],
)
def test_what_is_on_by_default_is_left_out_too(registry, method, options, found) -> None:
    assert left_out(registry, method, **options) == found


@pytest.mark.parametrize(
    ("method", "options", "moot"),
    [
        ("probe", {"label_names": "no", "descriptions": {"a": "b"}}, {"descriptions"}),
        ("auto", {"among": ["full", "lora"]}, {"descriptions", "label_names"}),
        ("full", {}, {"remember", "replay"}),
        ("full", {"continue_from": "before"}, {"replay"}),
        ("self-training", {"soft": False}, {"cutoff"}),
        ("self-training", {"trains": "head", "rounds": 3}, {"cutoff", "rounds"}),
        ("self-training", {"finetuner": "names"}, {"descriptions", "label_names", "voices"}),
        ("self-training", {"finetuner": "probe", "voices": 3}, {"voices"}),
    ],
)
def test_what_changes_nothing_beside_the_other_options_is_no_lever(
    registry, method, options, moot
) -> None:
    cls = registry.step("finetune", method)
    assert moot <= set(cls.levers)
    assert not moot & left_out(registry, method, **options).keys()


def test_a_run_without_a_lever_is_possible_and_another_one(
    make_recipe: Callable[..., Recipe], files: dict[str, str], registry, tmp_path: Path
) -> None:
    for method in ("auto", "contrastive", "probe", "self-training"):
        steps = [{"finetune": method}, {"augment": "mask"}, {"distill": LAYERS}]
        whole = make_recipe(steps=steps, data={**files, "unlabelled": files["train"]})
        recipes = [whole, *(each.recipe for each in levers(whole, registry))]
        plans = [plan(each, tmp_path / "out", registry) for each in recipes]
        made = {tuple(node.fingerprint for node in each.nodes) for each in plans}
        assert len(made) == len(recipes) > 2


def test_what_keeps_an_earlier_checkpoint_in_mind_is_a_lever_beside_one(registry) -> None:
    found = left_out(registry, "full", continue_from="before", old_data="data")
    assert found == {"remember": 0.0, "replay": 0}


def test_a_lever_that_the_other_options_do_not_bear_off_is_left_alone(registry) -> None:
    assert "soft" not in left_out(registry, "self-training", cutoff=0.1)


def test_the_recipe_that_init_writes_for_few_labels_is_taken_apart(
    registry, tmp_path, tiny_base
) -> None:
    path = tmp_path / "recipe.yaml"
    few = Look(rows=300, columns=["text", "label"], text="text", label="label", labels=20)
    path.write_text(write_recipe(Answers(str(tiny_base), "train.csv"), few), encoding="utf-8")
    assert [each.name for each in levers(load_recipe(path), registry)] == [
        "finetune.label_names", "augment.neighbours", "augment.mask",
    ]  # fmt: skip
    contrastive = load_recipe(path, {"finetune.method": "contrastive"})
    assert [each.name for each in levers(contrastive, registry)] == [
        "finetune.label_names", "finetune.contrast", "finetune.cutoff", "finetune.examples",
        "augment.neighbours", "augment.mask",
    ]  # fmt: skip


def test_the_recipe_that_init_writes_for_names_alone_is_taken_apart(registry, tmp_path) -> None:
    path = tmp_path / "recipe.yaml"
    answers = Answers("base", "", "some.csv", unlabelled="more.csv", labels="food, sport")
    path.write_text(write_recipe(answers, Look(rows=300, labels=2)), encoding="utf-8")
    assert [each.name for each in levers(load_recipe(path), registry)] == [
        "finetune.balance", "finetune.cutoff", "finetune.neighbours",
    ]  # fmt: skip
    named = load_recipe(path, {"distill.method": "layers"})  # it has nothing to read but the pool
    assert not {"unlabelled", "distill.use_unlabelled"} & {
        each.name for each in levers(named, registry)
    }


@pytest.mark.parametrize(
    ("steps", "is_one"),
    [
        ([{"finetune": "full"}, {"distill": LAYERS}], False),
        ([{"finetune": "full"}, {"augment": "mask"}, {"distill": LAYERS}], False),
        ([{"augment": "mask"}, {"finetune": "full"}, {"distill": LAYERS}], True),
        (
            [{"finetune": "full"}, {"augment": "mask"}, {"augment": "delete"}, {"distill": LAYERS}],
            True,
        ),
    ],
)
def test_copies_are_a_lever_of_a_student_where_no_augment_step_is_the_same(
    registry, steps, is_one
) -> None:
    found = {each.name: each.recipe for each in levers(recipe(*steps), registry)}
    assert ("distill.use_copies" in found) is is_one
    if is_one:
        assert found["distill.use_copies"].steps[-1].options == {
            "keep": 2, "use_copies": False,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "pool", "is_one"),
    [("self-training", "more.csv", True), ("full", "more.csv", False), ("full", None, False)],
)
def test_the_pool_is_a_lever_of_a_student_where_it_does_not_read_it_alone(
    registry, method, pool, is_one
) -> None:
    whole = recipe({"finetune": method}, {"distill": LAYERS}, pool=pool)
    names = [each.name for each in levers(whole, registry)]
    assert ("distill.use_unlabelled" in names) is is_one
    assert ("unlabelled" in names) is (pool is not None)


class PolishOptions(Options):
    """How much is polished."""

    polish: int = Field(0, ge=0, description="how often to polish")
    wax: list[str] = Field(["bee"], description="what to polish with")


class Polish(Finetuner[PolishOptions]):
    """Polishes a model."""

    name = "polish"
    Options = PolishOptions
    levers = ("polish", "wax")


def test_levers_that_are_only_named_are_off_at_their_defaults() -> None:
    module = ModuleType("somebody")
    module.edgeft_register_finetuners = hookimpl(specname="edgeft_register_finetuners")(
        lambda: [Polish]
    )
    registry = load_plugins([("somebody", module)])
    assert left_out(registry, "polish") == {}
    assert left_out(registry, "polish", polish=2) == {"polish": 0}
    assert left_out(registry, "polish", wax=["carnauba"]) == {"wax": ["bee"]}
