"""From a recipe to the nodes that a run works through, each with its fingerprint."""

import json
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from edgeft.artifacts import MANIFEST, Bundle, knowing_labels, open_model
from edgeft.data import DataSource
from edgeft.errors import DataError, OutputError, PluginError, RecipeError
from edgeft.pipeline.claiming import refuse_foreign
from edgeft.pipeline.disk import bytes_free, disk_use
from edgeft.pipeline.fingerprints import (
    content,
    fingerprint,
    model_content,
    named_content,
    source_content,
)
from edgeft.pipeline.search.candidates import Candidate, candidates
from edgeft.pipeline.search.effort import copies_of, with_effort
from edgeft.recipe import Recipe, StepSpec
from edgeft.registry import Registry, require_packages
from edgeft.steps import Distiller, Finetuner, Options, Pruner, Step, installed_version
from edgeft.tasks import Task

DATA = "data"
PLAIN = "student-plain"
CANDIDATES = "candidates"


@dataclass(frozen=True)
class Node:
    """One directory that a run makes: a step with its options and where its inputs stand."""

    name: str
    """name of its directory below the run's"""
    kind: str
    method: str
    path: Path
    fingerprint: str
    inputs: dict[str, Path] = field(default_factory=dict)
    """input directories by the name of the parameter of the step's `run`"""
    cls: type[Step[Any]] | None = None
    options: Options | None = None

    @property
    def cached(self) -> bool:
        """Whether an earlier run left this very result, whole."""
        try:
            manifest = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
            return manifest.get("fingerprint") == self.fingerprint and all(
                (self.path / name).stat().st_size == file["bytes"]
                for name, file in manifest["files"].items()
            )
        except (OSError, ValueError, KeyError, TypeError):
            return False


@dataclass(frozen=True)
class Plan:
    """What a run will do."""

    recipe: Recipe
    task: Task
    out: Path
    base: Path
    nodes: list[Node]
    teacher: Path | None
    """the directory of the model that the student is compared with, if there is a student"""
    student: Node | None
    """what the last distill or prune step makes"""
    plain: Node | None
    bundle: Node | None
    bytes_needed: int
    """at most, while it runs"""
    bytes_left: int
    """of these, at most, when it is done"""
    unchecked: list[str]
    """what only the run itself can find out, a sentence each"""
    candidate: Candidate | None = None
    """the student that this plan tries, where a recipe leaves the choice open"""
    candidates: list["Plan"] = field(default_factory=list)
    """one a student that may be tried, in order; their first nodes are this plan's"""

    @property
    def bytes_free(self) -> int:
        """What is left on the disk that the run writes to."""
        return bytes_free(self.out)

    @property
    def data(self) -> Node:
        """The node of the texts that everything is judged on: the user's own, as cleaned."""
        return [node for node in self.nodes if node.kind in (DATA, "clean")][-1]

    def node(self, path: Path) -> Node | None:
        """The node that makes a directory."""
        return next((node for node in self.nodes if node.path == path), None)


def plan(recipe: Recipe, out: Path, registry: Registry, *, force: bool = False) -> Plan:
    """Look every name up, check packages, options and disk, and say what is cached.

    A recipe with `distill: auto` becomes the steps before the student, and a plan for each student
    that may be tried. Raises EdgeftError for the first thing that would stop the run, before
    anything is written; `force` lets it use a directory that something else stands in.
    """
    refuse_foreign(out, force)
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
    if found.bytes_needed > found.bytes_free:
        raise OutputError(
            f"{out} needs up to {found.bytes_needed / 1e6:.0f} MB, and its disk has"
            f" {found.bytes_free / 1e6:.0f} MB left",
            hint="free some space, or name another place",
        )
    return found


def with_base(recipe: Recipe, registry: Registry) -> Recipe:
    """The recipe with its base for cleaners and augmenters whose option `model` is open."""
    steps = []
    for step in recipe.steps:
        if step.kind in OF_DATA and asks_for_a_model(registry.step(step.kind, step.method)):
            options = {"model": recipe.base, **step.options}
            step = step.model_copy(update={"options": options})
        steps.append(step)
    return recipe.model_copy(update={"steps": steps})


def asks_for_a_model(cls: type[Step[Any]]) -> bool:
    """Whether a step has an option `model` that nothing stands for where it is left out."""
    return "model" in cls.models and cls.Options.model_fields["model"].default is None


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
        raise RecipeError(
            f"no student can meet the budgets: {least.name} is the smallest, and {least.excluded}",
            hint="raise gates.max_size_mb, or start from a narrower base",
        )
    common = possible[0].recipe.steps[: possible[0].shared]
    first = recipe.model_copy(update={"steps": common})
    shared = laid_out(first, out, registry, task)
    plans = [
        laid_out(each.recipe, out, registry, task, data=shared.nodes[0], candidate=each)
        for each in possible
    ]
    names = {node.name for node in shared.nodes}
    own = [
        [node for node in each.nodes if node.name not in names and node is not each.plain]
        for each in plans
        if each.candidate and not each.candidate.excluded
    ]
    needed, left = disk_use(shared.base, [shared.nodes, *own])
    return replace(shared, recipe=recipe, candidates=plans, bytes_needed=needed, bytes_left=left)


def suits(recipe: Recipe, registry: Registry, task: Task) -> bool:
    """Whether every step of a recipe works for a task."""
    try:
        check_steps(recipe, registry, task)
    except PluginError:
        return False
    return True


def check_steps(recipe: Recipe, registry: Registry, task: Task) -> None:
    """Raise PluginError for the first step of a recipe that does not work for a task."""
    for spec in recipe.steps:
        options = registry.options(spec.kind, spec.method, spec.options)
        registry.step(spec.kind, spec.method).check_task(options, task)


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
    for (_, cls, _), options in zip(steps, checked, strict=True):
        require_packages(cls)
        cls.check_task(options, task)
        cls.check(options, registry.find_model)
        check_splits(cls, recipe)
    base = registry.find_model(recipe.base)
    data = data or data_node(recipe, out, registry)
    seen, given = [data], data
    model, model_print = base, model_content(base)
    teacher = student = plain = bundle = None
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
        own = candidate is not None and len(seen) > candidate.shared
        folder = f"{CANDIDATES}/{candidate.name}/" if candidate and own else ""
        name = free_name(f"{folder}{spec.kind}-{spec.method}", seen)
        if issubclass(cls, Finetuner) and model == base:
            cls.check_base(options, base)
        if role and role != "base":
            refuse_headless(spec, seen)
        prints |= named_content(cls, options, task, registry)
        refuse_own(cls, options, out)
        node = step_node(name, cls, options, inputs, prints, recipe, out)
        if issubclass(cls, Pruner):
            teacher, student = teacher or model, node
        if issubclass(cls, Distiller):
            teacher, student = model, node
            alone = plain_options(cls, options, recipe, registry) if task.labelled else None
            if alone is not None:
                plain_name = f"{folder}{PLAIN}"
                plain = step_node(plain_name, cls, alone, inputs, prints, recipe, out)
        seen.append(node)
        if spec.kind in OF_DATA:
            data = node
            given = node if spec.kind == "clean" else given
        else:
            model, model_print = node.path, node.fingerprint
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
        plain=plain,
        bundle=bundle,
        bytes_needed=needed,
        bytes_left=left,
        unchecked=[] if data.cached else unchecked(recipe, task, registry),
        candidate=candidate,
    )


def check_splits(cls: type[Step[Any]], recipe: Recipe) -> None:
    """Raise RecipeError where a step cannot do without texts that the recipe does not name."""
    if "unlabelled" in cls.splits and not recipe.data.unlabelled:
        raise RecipeError(
            f"{cls.kind} {cls.name} learns from texts without labels, and the recipe names none",
            hint="add data.unlabelled: a file of texts, one a line",
        )


def refuse_headless(spec: StepSpec, seen: list[Node]) -> None:
    """Raise RecipeError for a step whose model comes from a finetuner that teaches no labels."""
    makers = [node for node in seen if node.cls is not None and node.kind not in OF_DATA]
    last = makers[-1].cls if makers else None
    if last is not None and issubclass(last, Finetuner) and not last.answers:
        raise RecipeError(
            f"step {spec.kind} needs a model that knows labels, and finetune {last.name} teaches"
            " none",
            hint="add a step between them, such as finetune: {method: full}",
        )


def refuse_own(cls: type[Step[Any]], options: Options, out: Path) -> None:
    """Raise RecipeError where an option names what the run itself would write over."""
    for option in (*cls.models, *cls.files):
        value = getattr(options, option)
        for name in value if isinstance(value, list) else [value] if value else []:
            if Path(name).is_dir() and out.resolve() in Path(name).resolve().parents:
                raise RecipeError(
                    f"{cls.kind}.{option}: {name} lies in {out}, which the run writes into",
                    hint="name another directory with --out",
                )


INPUTS = {
    "clean": ("", "latest"),
    "augment": ("", "latest"),
    "finetune": ("base", "latest"),
    "distill": ("teacher", "latest"),
    "prune": ("checkpoint", "latest"),
    "export": ("checkpoint", "first"),
    "quantize": ("bundle", "first"),
}
"""For each kind: the parameter that takes the model, and which data it is given. Calibration and
parity look at the user's own texts, as cleaned, and not at augmented ones."""
OF_DATA = ("clean", "augment")
"""kinds that make data of data"""


def check_teacher(teacher: Path, checked: list[Options], recipe: Recipe, task: Task) -> None:
    """Raise RecipeError where the first step that is given the teacher cannot work on a bundle."""
    found = open_model(teacher)
    if task.answer != "vector":
        knowing_labels(found)
    if not isinstance(found, Bundle):
        return
    steps = zip(recipe.steps, checked, strict=True)
    kind, options = next(
        ((spec.kind, options) for spec, options in steps if spec.kind not in OF_DATA), ("", None)
    )
    if kind == "distill":
        if getattr(options, "student", "a student of its own") is None:
            raise RecipeError(
                f"the teacher {teacher} is a bundle: it has no layers to start a student from",
                hint="set `student:` of the distill step to a model to start from",
            )
    elif kind:
        raise RecipeError(
            f"step {kind} cannot work on the teacher {teacher}: it is a bundle",
            hint="distil from it first, or name a checkpoint",
        )


def data_node(recipe: Recipe, out: Path, registry: Registry) -> Node:
    """The node that reads and splits the data."""
    prints = {
        role: source_content(source, role, recipe.data, registry.task(recipe.task), registry)
        for role in ("train", "validation", "test", "unlabelled")
        if (source := getattr(recipe.data, role))
    }
    options: DataSource = recipe.data
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


def unchecked(recipe: Recipe, task: Task, registry: Registry) -> list[str]:
    """A sentence for each data source that lies on the hub: only the run fetches it."""
    from edgeft.data.sources import HubSource, locate

    return [
        f"{role} {source} is a data set of the hub: whether it can be had, the run will find out"
        for role in ("train", "validation", "test", "unlabelled")
        if (source := getattr(recipe.data, role))
        and isinstance(locate(source, role, recipe.data, task, registry.dataset_source), HubSource)
    ]


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
    gates = recipe.gates.of_losses() if cls.kind == "quantize" else None
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
            version=installed_version(cls.distribution),
        ),
    )


def plain_options(
    cls: type[Distiller[Any]], options: Options, recipe: Recipe, registry: Registry
) -> Options | None:
    """What trains the same student without its teacher, for the report.

    None where there is no such thing, or where the recipe wants to be quick.
    """
    if recipe.effort == "quick":
        return None
    alone = cls(options, context=None).plain()  # type: ignore[arg-type]
    return None if alone is None else as_long(alone, copies_of(recipe.steps, registry))


def as_long(options: Options, copies: int) -> Options:
    """The options of a student without copies, with epochs for them: up to its method's default."""
    epochs = getattr(options, "epochs", None)
    if epochs is None:
        return options
    usual = type(options).model_fields["epochs"].default
    return options.model_copy(update={"epochs": min(max(epochs, usual), epochs * (1 + copies))})


def free_name(name: str, taken: list[Node]) -> str:
    """The name, or name-2, name-3 where a recipe takes the same step again."""
    names = {node.name for node in taken}
    candidates = (f"{name}-{number}" for number in count(2))
    return name if name not in names else next(each for each in candidates if each not in names)
