"""From a recipe to the nodes that a run works through, each with its fingerprint."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from edgeft.data import DataSource
from edgeft.errors import DataError, OutputError, RecipeError
from edgeft.models import mask_token
from edgeft.pipeline.claiming import refuse_foreign, refuse_unwritable
from edgeft.pipeline.disk import bytes_free, disk_use
from edgeft.pipeline.fingerprints import (
    content,
    fingerprint,
    model_content,
    named_content,
    source_content,
)
from edgeft.pipeline.nodes import DATA, INPUTS, OF_DATA, Node, Plan
from edgeft.pipeline.plain import PLAIN, plain_options
from edgeft.pipeline.refusing import (
    check_splits,
    check_start,
    check_steps,
    check_teacher,
    refuse_headless,
    refuse_own,
    suits,
    unchecked,
)
from edgeft.pipeline.search.candidates import Candidate, candidates
from edgeft.pipeline.search.effort import with_effort
from edgeft.pipeline.search.records import attempt
from edgeft.recipe import CANDIDATES, Recipe
from edgeft.registry import Registry, require_packages
from edgeft.report.budgets import SHOWN, in_short
from edgeft.steps import (
    Augmenter,
    Distiller,
    Finetuner,
    Options,
    Pruner,
    Step,
    installed_version,
)
from edgeft.tasks import Task

TIMED = ("prune", "export", "quantize")
"""kinds that may choose by time, on the threads of `bench`"""


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
    """The recipe with its base for cleaners and augmenters whose option `model` is open.

    One that can ask the model which the recipe has by then asks that, unless the model has learnt
    from copies, which it would know by heart.
    """
    steps, taught, copied = [], bool(recipe.teacher), False
    for step in recipe.steps:
        if not step.searches:
            cls = registry.step(step.kind, step.method)
            if asks_for_a_model(cls) and not (taught and asks_teacher(cls)):
                options = {"model": recipe.base, **step.options}
                step = step.model_copy(update={"options": options})
            if issubclass(cls, Finetuner) and cls.answers:
                taught = not copied
            copied = copied or (issubclass(cls, Augmenter) and cls.adds)
        steps.append(step)
    return recipe.model_copy(update={"steps": steps})


def asks_for_a_model(cls: type[Step[Any]]) -> bool:
    """Whether a step on data has an option `model` that nothing stands for if it is left out."""
    open_one = "model" in cls.models and cls.Options.model_fields["model"].default is None
    return cls.kind in OF_DATA and open_one


def asks_teacher(cls: type[Step[Any]]) -> bool:
    """Whether a step can ask the model that the recipe has by then."""
    return issubclass(cls, Augmenter) and cls.asks_teacher


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


def laid_out(
    recipe: Recipe,
    out: Path,
    registry: Registry,
    task: Task,
    *,
    data: Node | None = None,
    candidate: Candidate | None = None,
) -> Plan:
    """The plan of a recipe that leaves nothing open; a candidate's own nodes stand apart.

    `data` is the node of its data where that is known already.
    """
    steps = [(spec, registry.step(spec.kind, spec.method), spec.options) for spec in recipe.steps]
    checked = [registry.options(spec.kind, spec.method, options) for spec, _, options in steps]
    for number, ((_, cls, _), options) in enumerate(zip(steps, checked, strict=True)):
        require_packages(cls)
        registry.require_finetuners(cls, options)
        cls.check_task(options, task)
        cls.check_place(options, [each for _, each, _ in steps[:number]])
        cls.check(options, registry.find_model)
        check_splits(cls, recipe)
    base = registry.find_model(recipe.base)
    checked = [with_mask(options, Path(recipe.teacher or base)) for options in checked]
    data = data or data_node(recipe, out, registry)
    seen, given = [data], data
    model, model_print = base, model_content(base)
    teacher = student = taught = plain = bundle = None
    untaught = not recipe.teacher
    if recipe.teacher:
        model = teacher = Path(recipe.teacher)
        check_teacher(teacher, checked, recipe, task)
        model_print = content(teacher)
    for (spec, cls, _), options in zip(steps, checked, strict=True):
        role, on = INPUTS[spec.kind]
        inputs = {"data": (data if on == "latest" else given).path}
        prints = {"data": (data if on == "latest" else given).fingerprint}
        if role:
            inputs[role], prints[role] = model, model_print
        if asks_teacher(cls) and getattr(options, "model", 0) is None:
            inputs["teacher"], prints["teacher"] = model, model_print
        folder = ""
        if candidate and len(seen) > candidate.shared:
            is_student = len(seen) == candidate.shared + 1
            whose = candidate.trained_as if is_student else ""
            folder = f"{CANDIDATES}/{whose or candidate.name}/"
        name = free_name(f"{folder}{spec.kind}-{spec.method}", seen)
        if issubclass(cls, Finetuner) and (model == base or untaught):
            check_start(cls, options, base, seen)
        if role and role != "base":
            refuse_headless(spec, seen)
        prints |= named_content(cls, options, task, registry)
        refuse_own(cls, options, out)
        node = step_node(name, cls, options, inputs, prints, recipe, out)
        if issubclass(cls, Distiller) and not distilled(seen) and task.labelled:
            alone = plain_options(cls, options, recipe, registry)
            if alone is not None:
                plain_name = f"{folder}{PLAIN}"
                plain = step_node(plain_name, cls, alone, inputs, prints, recipe, out)
                taught = node
        if issubclass(cls, Pruner | Distiller):
            # a student of a student is compared with the teacher of both
            teacher, student = (model if student is None else teacher), node
        seen.append(node)
        if spec.kind in OF_DATA:
            data = node
            given = node if spec.kind == "clean" else given
        else:
            model, model_print = node.path, node.fingerprint
            untaught = untaught and issubclass(cls, Finetuner) and not cls.answers
        bundle = node if spec.kind in ("export", "quantize") else bundle
    nodes = [*seen, plain] if plain else seen
    needed, left = disk_use(base, [nodes])
    return Plan(
        recipe=recipe,
        task=task,
        out=out,
        base=base,
        nodes=nodes,
        teacher=teacher,
        student=student,
        taught=taught,
        plain=plain,
        bundle=bundle,
        bytes_needed=needed,
        bytes_left=left,
        bytes_free=bytes_free(out),
        unchecked=[] if data.cached else unchecked(recipe, task, registry),
        candidate=candidate,
    )


def with_mask(options: Options, model: Path) -> Options:
    """The options, with what the tokenizer of a model calls a masked word where that is open."""
    if getattr(options, "mask_token", "") is not None:
        return options
    return options.model_copy(update={"mask_token": mask_token(model)})


def distilled(nodes: list[Node]) -> bool:
    """Whether one of them is a student that learnt from a teacher."""
    return any(node.cls is not None and issubclass(node.cls, Distiller) for node in nodes)


def data_node(recipe: Recipe, out: Path, registry: Registry) -> Node:
    """The node that reads and splits the data."""
    prints = {
        role: source_content(source, role, recipe.data, registry.task(recipe.task), registry)
        for role in ("train", "validation", "test", "unlabelled")
        if (source := getattr(recipe.data, role))
    }
    options: DataSource = recipe.data
    if options.labels is not None:
        from edgeft.data.sources import names

        prints["labels"] = names(options, registry.task(recipe.task)).digest()
    return Node(
        name=DATA,
        kind=DATA,
        method="prepare",
        path=out / DATA,
        options=options,
        fingerprint=fingerprint(
            task=recipe.task,
            options=options.model_dump(exclude=set(prints)),
            sources=prints,
            seed=recipe.seed,
            version=installed_version("edgeft"),
        ),
    )


def step_node(
    name: str,
    cls: type[Step[Any]],
    options: Options,
    inputs: dict[str, Path],
    prints: dict[str, str],
    recipe: Recipe,
    out: Path,
) -> Node:
    """The node of one step."""
    gates = recipe.gates.given() if cls.kind == "quantize" else None
    return Node(
        name=name,
        kind=cls.kind,
        method=cls.name,
        path=out / name,
        inputs=inputs,
        cls=cls,
        options=options,
        fingerprint=fingerprint(
            kind=cls.kind,
            method=cls.name,
            task=recipe.task,
            options=options.model_dump(),
            inputs=prints,
            seed=recipe.seed,
            gates=gates,
            timed_threads=recipe.bench.threads if cls.kind in TIMED else None,
            version=installed_version(cls.distribution),
        ),
    )


def free_name(name: str, taken: list[Node]) -> str:
    """The name, or name-2, name-3 where a recipe takes the same step again."""
    names = {node.name for node in taken}
    candidates = (f"{name}-{number}" for number in count(2))
    return name if name not in names else next(each for each in candidates if each not in names)
