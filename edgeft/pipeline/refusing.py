"""What a recipe is refused for before anything is written, and what only its run can tell."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeft.artifacts import Bundle, knowing_labels, open_model
from edgeft.errors import PluginError, RecipeError
from edgeft.options import Gates, Options
from edgeft.pipeline.nodes import OF_DATA, Node, Plan
from edgeft.recipe import Recipe, StepSpec
from edgeft.registry import Registry
from edgeft.steps import Distiller, Finetuner, Step
from edgeft.tasks import Task


def suits(recipe: Recipe, registry: Registry, task: Task) -> bool:
    """Whether every step of a recipe works for a task."""
    try:
        check_steps(recipe, registry, task)
    except PluginError:
        return False
    return True


def refuse_percentage(gates: Gates, task: Task) -> None:
    """Raise RecipeError for a loss of more than all of a metric of which more is better: a share.

    Those of which less is better, such as mse, are in units of their own.
    """
    metric = gates.metric or task.metric
    if gates.max_drop > 1 and task.metrics.get(metric, True):
        raise RecipeError(
            f"max_drop: {gates.max_drop:g} is more than all of {metric}", hint="write 0.05 for 5 %"
        )


def check_steps(recipe: Recipe, registry: Registry, task: Task) -> None:
    """Raise PluginError for the first step of a recipe that does not work for a task."""
    for spec in recipe.steps:
        options = registry.options(spec.kind, spec.method, spec.options)
        registry.step(spec.kind, spec.method).check_task(options, task)


def check_splits(cls: type[Step[Any]], recipe: Recipe) -> None:
    """Raise RecipeError where a step cannot do without texts that the recipe does not name."""
    if "unlabelled" in cls.splits and not recipe.data.unlabelled:
        raise RecipeError(
            f"{cls.kind} {cls.name} learns from texts without labels, and the recipe names none",
            hint="add data.unlabelled: a file of texts, one a line",
        )


def check_start(cls: type[Finetuner[Any]], options: Options, base: Path, seen: list[Node]) -> None:
    """Raise EdgeftError where a finetuner cannot start from a base, or what others make of it."""
    last, found = last_finetuner(seen)
    if last is None or not cls.checks_head:
        cls.check_base(options, base)
    elif not last.gives_head(found):
        raise RecipeError(
            f"finetune {cls.name} needs a model that fills in masked words, and finetune"
            f" {last.name} makes one that does not",
            hint=f"leave {last.name} out, or let it learn from masked words",
        )


def last_finetuner(seen: list[Node]) -> tuple[type[Finetuner[Any]] | None, Any]:
    """What made the model that a step gets and its options, where that is a finetuner."""
    makers = [node for node in seen if node.cls is not None and node.kind not in OF_DATA]
    last = makers[-1] if makers else None
    if last is None or last.cls is None or not issubclass(last.cls, Finetuner):
        return None, None
    return last.cls, last.options


def refuse_headless(spec: StepSpec, seen: list[Node]) -> None:
    """Raise RecipeError for a step whose model comes from a finetuner that teaches no labels."""
    last, _ = last_finetuner(seen)
    if last is not None and not last.answers:
        raise RecipeError(
            f"step {spec.kind} needs a model that knows labels, and finetune {last.name} teaches"
            " none",
            hint="add a step between them, such as finetune: {method: full}",
        )


def refuse_own(cls: type[Step[Any]], options: Options, out: Path) -> None:
    """Raise RecipeError where an option names what the run itself would write over."""
    for option in (*cls.models, *cls.files):
        for name in options.named_by(option):
            if Path(name).is_dir() and out.resolve() in Path(name).resolve().parents:
                raise RecipeError(
                    f"{cls.kind}.{option}: {name} lies in {out}, which the run writes into",
                    hint="name another directory with --out",
                )


def check_teacher(
    teacher: Path, classes: Sequence[type[Step[Any]]], checked: Sequence[Options], task: Task
) -> None:
    """Raise EdgeftError where the first step that is given the teacher cannot work on it."""
    found = open_model(teacher)
    if task.answer != "vector":
        knowing_labels(found)
    steps = zip(classes, checked, strict=True)
    cls, options = next((each for each in steps if each[0].kind not in OF_DATA), (None, None))
    if cls is None:
        return
    if issubclass(cls, Distiller):
        cls.check_teacher(options, found)
    elif isinstance(found, Bundle):
        raise RecipeError(
            f"step {cls.kind} cannot work on the teacher {teacher}: it is a bundle",
            hint="distil from it first, or name a checkpoint",
        )


def unchecked(recipe: Recipe, task: Task, registry: Registry) -> list[str]:
    """A sentence for each data source that lies on the hub: only the run fetches it."""
    from edgeft.data.sources import HubSource, locate

    return [
        f"{role} {source} is a data set of the hub: whether it can be had, the run will find out"
        for role in ("train", "validation", "test", "unlabelled")
        if (source := getattr(recipe.data, role))
        and isinstance(locate(source, role, recipe.data, task, registry.dataset_source), HubSource)
    ]


def refuse_unreachable(plan: Plan) -> None:
    """Raise EdgeftError where a step could not reach whom it asks once others are done.

    Cached steps ask nobody. The first step to run finds out itself: nothing is lost by then, and
    what it was answered before may be all that it needs.
    """
    nodes = [*plan.nodes]
    for each in plan.candidates:
        nodes += each.own_nodes(nodes)
    for node in [node for node in nodes if not node.cached][1:]:
        if node.cls is not None and node.options is not None:
            node.cls.check_reach(node.options)
