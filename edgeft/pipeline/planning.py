"""From a recipe to the plan of a run: what it is completed with, and which students it may try."""

from dataclasses import replace
from pathlib import Path

from edgeft.errors import DataError, OutputError, RecipeError
from edgeft.pipeline.claiming import refuse_foreign, refuse_unwritable
from edgeft.pipeline.disk import disk_use
from edgeft.pipeline.layout import asks_teacher, laid_out
from edgeft.pipeline.nodes import Plan
from edgeft.pipeline.refusing import check_steps, refuse_percentage, suits
from edgeft.pipeline.search.candidates import candidates
from edgeft.pipeline.search.effort import with_effort
from edgeft.pipeline.search.records import attempt
from edgeft.recipe import Recipe
from edgeft.registry import Registry
from edgeft.report.budgets import SHOWN, in_short
from edgeft.steps import Augmenter, Finetuner
from edgeft.tasks import Task


def plan(recipe: Recipe, out: Path, registry: Registry, *, force: bool = False) -> Plan:
    """Look every name up, check packages, options and disk, and say what is cached.

    A recipe with `distill: auto` becomes the steps before the student, and a plan for each student
    that may be tried. Raises EdgeftError for the first thing that would stop the run, before
    anything is written; `force` lets it use a directory that something else stands in.
    """
    refuse_foreign(out, force)
    refuse_unwritable(out)
    task = registry.task(recipe.task)
    metric = task.check_metric(recipe.gates.metric or task.metric)
    refuse_percentage(recipe.gates, task)
    gates = recipe.gates.model_copy(update={"metric": metric})
    recipe = recipe.model_copy(update={"gates": gates})
    if recipe.teacher and not Path(recipe.teacher).is_dir():
        raise DataError(f"no teacher at {recipe.teacher}", hint="check the recipe's `teacher:`")
    recipe = with_base(with_effort(recipe, registry), registry)
    if recipe.searches:
        found = search_plan(recipe, out, registry, task)
    else:
        found = laid_out(recipe, out, registry, task)
    if found.bytes_left > found.bytes_free:  # while it runs it may need more, and need not
        raise OutputError(
            f"{out} keeps up to {found.bytes_left / 1e6:.0f} MB, and its disk has"
            f" {found.bytes_free / 1e6:.0f} MB left",
            hint="free some space, or name another place",
        )
    return found


def with_base(recipe: Recipe, registry: Registry) -> Recipe:
    """The recipe with its base for steps that leave the option open which means it.

    One that can ask the model which the recipe has by then asks that, unless the model has learnt
    from copies, which it would know by heart.
    """
    steps, taught, copied = [], bool(recipe.teacher), False
    for step in recipe.steps:
        if not step.searches:
            cls = registry.step(step.kind, step.method)
            if cls.of_base and not (taught and asks_teacher(cls)):
                options = {cls.of_base: recipe.base, **step.options}
                step = step.model_copy(update={"options": options})
            if issubclass(cls, Finetuner) and cls.answers:
                taught = not copied
            copied = copied or (issubclass(cls, Augmenter) and cls.adds)
        steps.append(step)
    return recipe.model_copy(update={"steps": steps})


def search_plan(recipe: Recipe, out: Path, registry: Registry, task: Task) -> Plan:
    """The plan of a recipe that leaves the student open.

    Raises RecipeError where no student can meet the budgets, whatever is measured.
    """
    found = candidates(recipe, registry)
    possible = [each for each in found if suits(each.recipe, registry, task)]
    if not possible:
        check_steps(found[-1].recipe, registry, task)
    if all(each.excluded for each in possible):
        least = possible[0]
        metric = recipe.gates.metric or task.metric
        left_out = [attempt(each, metric, "skipped", each.excluded) for each in possible]
        raise RecipeError(
            f"no student can meet the budgets: {least.name} is the smallest, and {least.excluded}",
            hint="raise gates.max_size_mb, or start from a narrower base",
            table=in_short(left_out[:SHOWN]),
        )
    common = possible[0].recipe.steps[: possible[0].shared]
    first = recipe.model_copy(update={"steps": common})
    shared = laid_out(first, out, registry, task)
    plans = [
        laid_out(each.recipe, out, registry, task, data=shared.nodes[0], candidate=each)
        for each in possible
    ]
    known, own = [*shared.nodes], []
    for each in plans:
        own.append(each.own_nodes(known))
        known += own[-1]
    needed, left = disk_use(shared.base, [shared.nodes, *own])
    return replace(shared, recipe=recipe, candidates=plans, bytes_needed=needed, bytes_left=left)
