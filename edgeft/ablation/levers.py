"""The data levers of a recipe: what in it is about texts and labels, and can be left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeft.ablation.transfer import as_another, prepares
from edgeft.complaints import suggestion
from edgeft.errors import PluginError, RecipeError
from edgeft.options import Options
from edgeft.pipeline.search.effort import with_effort
from edgeft.recipe import Recipe, StepSpec, parse_recipe
from edgeft.registry import Registry
from edgeft.steps import KINDS, Step

DATA_KINDS = ("clean", "augment")
"""kinds of steps that are levers as a whole"""


@dataclass(frozen=True)
class Lever:
    """One thing that a recipe does with data, and the recipe without it."""

    name: str
    what: str
    recipe: Recipe


def levers(recipe: Recipe, registry: Registry) -> list[Lever]:
    """Every lever of a recipe that can be left out, in the recipe's order.

    Steps that clean, augment, and get an encoder used to the texts; texts without labels; and
    options that a step calls its levers, where they are on, be it by default. A clean step that
    only looks changes nothing, and the last augment step before `distill: auto` cannot go: the
    search would augment itself. Raises PluginError for a step or an option that is wrong.
    """
    found = []
    if recipe.data.unlabelled and recipe.data.train:  # else there would be no text at all
        found.append(Lever("unlabelled", "the texts without labels", labelled(recipe, registry)))
    for number, step in enumerate(recipe.steps):
        name = f"{step.kind}.{step.method}"
        if step.kind in DATA_KINDS or prepares(step, registry):
            if can_go(recipe, step, registry):
                rest = [*recipe.steps[:number], *recipe.steps[number + 1 :]]
                what = f"the step {step.kind}: {step.method}"
                found.append(Lever(name, what, changed(recipe, steps=rest)))
        elif not step.searches:
            found += of_options(recipe, number, registry)
    return numbered(found)


def labelled(recipe: Recipe, registry: Registry) -> Recipe:
    """The recipe without texts that have no label, and with stand-ins for steps that need them.

    A step that has no stand-in goes with these texts.
    """
    steps = []
    for step in recipe.steps:
        cls = None if step.searches else registry.step(step.kind, step.method)
        if cls is not None and "unlabelled" in cls.splits:
            if not cls.stand_in:
                continue
            step = StepSpec(kind=step.kind, method=cls.stand_in)
        steps.append(step)
    data = recipe.data.model_copy(update={"unlabelled": None})
    return changed(recipe, data=data, steps=steps)


def can_go(recipe: Recipe, step: StepSpec, registry: Registry) -> bool:
    """Whether a run without this step would be another one."""
    if step.kind not in DATA_KINDS:
        return True
    if step.kind == "clean":
        cls = registry.step(step.kind, step.method)
        options = registry.options(step.kind, step.method, step.options)
        return not cls.levers or bool(switched_on(cls, options))
    others = [each for each in recipe.steps if each.kind == "augment" and each is not step]
    return bool(others) or not recipe.searches


def of_options(recipe: Recipe, number: int, registry: Registry) -> list[Lever]:
    """The options of one training that are on, each off in its turn, if the others bear that."""
    step = recipe.steps[number]
    cls = registry.step(step.kind, step.method)
    decided = with_effort(recipe, registry).steps[number].options  # in place of what is left to it
    options = registry.options(step.kind, step.method, decided)
    found = []
    for option, off in switched_on(cls, options).items():
        if as_another(option, recipe, number, registry):
            continue
        try:
            registry.options(step.kind, step.method, {**decided, option: off})
        except PluginError:
            continue
        value = getattr(options, option)
        on = option if value is None else f"{option}: {value}"
        steps = list(recipe.steps)
        steps[number] = step.model_copy(update={"options": {**step.options, option: off}})
        found.append(
            Lever(
                f"{step.kind}.{option}",
                f"{step.kind}'s {on} ({off} instead)",
                changed(recipe, steps=steps),
            )
        )
    return found


def switched_on(cls: type[Step[Any]], options: Options) -> dict[str, Any]:
    """The levers of a step that do something, each with the value at which it is off."""
    off = cls.levers
    if not isinstance(off, Mapping):
        fields = cls.Options.model_fields
        off = {name: fields[name].get_default(call_default_factory=True) for name in off}
    moot = options.moot()
    return {
        name: value
        for name, value in off.items()
        if name not in moot and getattr(options, name) != value
    }


def numbered(found: list[Lever]) -> list[Lever]:
    """The levers with a number behind names that several have."""
    names = [each.name for each in found]
    return [
        Lever(f"{each.name}.{names[: place + 1].count(each.name)}", each.what, each.recipe)
        if names.count(each.name) > 1
        else each
        for place, each in enumerate(found)
    ]


def chosen(found: list[Lever], names: list[str]) -> list[Lever]:
    """The levers of these names, all without names; raises RecipeError for one that is none."""
    if not found:
        raise RecipeError(
            "the recipe has no data lever that could be left out",
            hint="levers are clean and augment steps, data.unlabelled, and options of trainings",
        )
    known = [each.name for each in found]
    for name in names:
        if name not in known:
            raise RecipeError(f"{name!r} is no lever of the recipe", hint=suggestion(name, known))
    return [each for each in found if not names or each.name in names]


def until(recipe: Recipe, kind: str) -> Recipe:
    """The recipe up to its last step of a kind; raises RecipeError where it has none."""
    places = [number for number, step in enumerate(recipe.steps) if step.kind == kind]
    if not places:
        raise RecipeError(
            f"the recipe has no {kind} step",
            hint=f"its steps: {', '.join(step.kind for step in recipe.steps)}",
        )
    steps = recipe.steps[: places[-1] + 1]
    if any(step.searches for step in steps):
        raise RecipeError(
            "distill: auto measures students as they ship: nothing can be left out after it",
            hint="leave --until out, or name a step before it",
        )
    gates = recipe.gates
    if kind in list(KINDS)[: list(KINDS).index("export")]:
        gates = gates.model_copy(update={"max_size_mb": None, "max_p50_ms": None})
    return changed(recipe, steps=steps, gates=gates)


def changed(recipe: Recipe, **parts: Any) -> Recipe:
    """The recipe with other parts, checked again."""
    return parse_recipe(recipe.model_copy(update=parts).model_dump(mode="json"))
