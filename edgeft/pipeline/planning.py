"""From a recipe to the nodes that a run works through, each with its fingerprint."""

import json
import shutil
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from edgeft.artifacts import MANIFEST, Bundle, open_model
from edgeft.data import DataSource
from edgeft.errors import DataError, OutputError, RecipeError
from edgeft.models import find_model
from edgeft.pipeline.fingerprints import content, fingerprint, model_content, named_models
from edgeft.recipe import Recipe
from edgeft.registry import Registry, require_packages
from edgeft.steps import Distiller, Options, Pruner, Step, installed_version
from edgeft.tasks import Task

DATA = "data"
PLAIN = "student-plain"


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
    bytes_free: int

    def node(self, path: Path) -> Node | None:
        """The node that makes a directory."""
        return next((node for node in self.nodes if node.path == path), None)


def plan(recipe: Recipe, out: Path, registry: Registry) -> Plan:
    """Look every name up, check packages, options and disk, and say what is cached.

    Raises EdgeftError for the first thing that would stop the run, before anything is written.
    """
    task = registry.task(recipe.task)
    steps = [(spec, registry.step(spec.kind, spec.method), spec.options) for spec in recipe.steps]
    checked = [registry.options(spec.kind, spec.method, options) for spec, _, options in steps]
    task.check_metric(recipe.gates.metric)
    for _, cls, _ in steps:
        require_packages(cls)
    base = find_model(recipe.base, registry.model_source)
    seen = [data_node(recipe, out, registry)]
    data = seen[0]
    model, model_print = base, model_content(base)
    teacher = student = plain = bundle = None
    if recipe.teacher:
        model = teacher = Path(recipe.teacher)
        if not teacher.is_dir():
            raise DataError(f"no teacher at {teacher}", hint="check the recipe's `teacher:`")
        check_teacher(teacher, checked, recipe)
        model_print = content(teacher)
    for (spec, cls, _), options in zip(steps, checked, strict=True):
        role, on = INPUTS[spec.kind]
        inputs = {"data": (data if on == "latest" else seen[0]).path}
        prints = {"data": (data if on == "latest" else seen[0]).fingerprint}
        if role:
            inputs[role], prints[role] = model, model_print
        name = free_name(f"{spec.kind}-{spec.method}", seen)
        prints |= named_models(cls, options, registry)
        node = step_node(name, cls, options, inputs, prints, recipe, out)
        if issubclass(cls, Pruner):
            teacher, student = teacher or model, node
        if issubclass(cls, Distiller):
            teacher, student = model, node
            plain = plain_node(cls, options, inputs, prints, recipe, out)
        seen.append(node)
        if spec.kind == "augment":
            data = node
        else:
            model, model_print = node.path, node.fingerprint
        bundle = node if spec.kind in ("export", "quantize") else bundle
    nodes = [*seen, plain] if plain else seen
    needed = disk_needed(base, nodes)
    free = shutil.disk_usage(existing_parent(out)).free
    if needed > free:
        raise OutputError(
            f"{out} needs about {needed / 1e6:.0f} MB, and its disk has {free / 1e6:.0f} MB left",
            hint="free some space, or name another place",
        )
    return Plan(recipe, task, out, base, nodes, teacher, student, plain, bundle, needed, free)


INPUTS = {
    "augment": ("", "latest"),
    "finetune": ("base", "latest"),
    "distill": ("teacher", "latest"),
    "prune": ("checkpoint", "latest"),
    "export": ("checkpoint", "first"),
    "quantize": ("bundle", "first"),
}
"""For each kind: the parameter that takes the model, and which data it is given. Calibration and
parity look at the user's own texts, not at augmented ones."""


def check_teacher(teacher: Path, checked: list[Options], recipe: Recipe) -> None:
    """Raise RecipeError where the first step that is given the teacher cannot work on a bundle."""
    if not isinstance(open_model(teacher), Bundle):
        return
    steps = zip(recipe.steps, checked, strict=True)
    kind, options = next(
        ((spec.kind, options) for spec, options in steps if spec.kind != "augment"), ("", None)
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
        role: source_content(source, role, recipe, registry)
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


def source_content(source: str, role: str, recipe: Recipe, registry: Registry) -> str:
    """A hash of a data source: of its files, or of its name where it lies on the hub.

    Raises DataError for files that are missing, or whose first row cannot be read.
    """
    from edgeft.data.sources import FileSource, FolderSource, locate

    found = locate(source, role, recipe.data, registry.dataset_source)
    if not isinstance(found, FileSource | FolderSource):
        return source
    next(found.rows(), None)
    return content(found.path)


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
    gates = recipe.gates.model_dump() if cls.kind == "quantize" else None
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


def plain_node(
    cls: type[Distiller[Any]],
    options: Options,
    inputs: dict[str, Path],
    prints: dict[str, str],
    recipe: Recipe,
    out: Path,
) -> Node | None:
    """The node that trains the same student without its teacher, for the report."""
    plain = cls(options, context=None).plain()  # type: ignore[arg-type]
    if plain is None:
        return None
    return step_node(PLAIN, cls, plain, inputs, prints, recipe, out)


def free_name(name: str, taken: list[Node]) -> str:
    """The name, or name-2, name-3 where a recipe takes the same step again."""
    names = {node.name for node in taken}
    candidates = (f"{name}-{number}" for number in count(2))
    return name if name not in names else next(each for each in candidates if each not in names)


def disk_needed(base: Path, nodes: list[Node]) -> int:
    """About how many bytes the nodes that are not cached will write.

    Training keeps the weights, two moments of AdamW and the best weights, and a pruner may train;
    an export writes fp32 and a quantizer copies it and adds int8.
    """
    weights = sum(file.stat().st_size for file in base.glob("*.safetensors"))
    copies = {"finetune": 4, "distill": 3, "prune": 3, "export": 2, "quantize": 2}
    return sum(weights * copies.get(node.kind, 0) for node in nodes if not node.cached)


def existing_parent(path: Path) -> Path:
    """The nearest directory that exists."""
    path = path.absolute()
    while not path.is_dir():
        path = path.parent
    return path
