"""The nodes of a recipe that leaves nothing open, each with its fingerprint and its inputs."""

from itertools import count
from pathlib import Path
from typing import Any

from edgeft.options import Options
from edgeft.pipeline.disk import bytes_free, disk_use
from edgeft.pipeline.fingerprints import (
    content,
    data_content,
    fingerprint,
    model_content,
    named_content,
)
from edgeft.pipeline.nodes import DATA, INPUTS, OF_DATA, Node, Plan
from edgeft.pipeline.plain import PLAIN, plain_options
from edgeft.pipeline.refusing import (
    check_splits,
    check_start,
    check_teacher,
    refuse_headless,
    refuse_own,
    unchecked,
)
from edgeft.pipeline.search.candidates import Candidate
from edgeft.recipe import CANDIDATES, Recipe, StepSpec
from edgeft.registry import Registry, require_packages
from edgeft.steps import Augmenter, Distiller, Finetuner, Pruner, Step, installed_version
from edgeft.tasks import Task

TIMED = ("prune", "export", "quantize")
"""kinds that may choose by time, on the threads of `bench`"""


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
    classes = [registry.step(spec.kind, spec.method) for spec in recipe.steps]
    checked = [registry.options(spec.kind, spec.method, spec.options) for spec in recipe.steps]
    for number, (cls, options) in enumerate(zip(classes, checked, strict=True)):
        require_packages(cls)
        registry.require_finetuners(cls, options)
        cls.check_task(options, task)
        cls.check_place(options, classes[:number])
        cls.check(options, registry.find_model)
        check_splits(cls, recipe)
    base = registry.find_model(recipe.base)
    start = Path(recipe.teacher or base)
    checked = [cls.settle(options, start) for cls, options in zip(classes, checked, strict=True)]
    made = Layout(recipe, out, registry, task, base, data, candidate)
    if made.teacher:
        check_teacher(made.teacher, classes, checked, task)
    for spec, cls, options in zip(recipe.steps, classes, checked, strict=True):
        made.add(spec, cls, options)
    return made.plan()


class Layout:
    """Lays a recipe's steps out as nodes, one after another: each takes what was made before it."""

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        registry: Registry,
        task: Task,
        base: Path,
        data: Node | None,
        candidate: Candidate | None,
    ) -> None:
        self.recipe = recipe
        self.out = out
        self.registry = registry
        self.task = task
        self.base = base
        self.candidate = candidate
        self.given = self.latest = data or data_node(recipe, out, registry)
        """the data as they are, and with the copies that were added"""
        self.nodes = [self.given]
        self.model, self.model_print = base, model_content(base)
        """what the next step on models takes"""
        self.untaught = not recipe.teacher
        self.teacher: Path | None = None
        self.student: Node | None = None
        self.taught: Node | None = None
        self.plain: Node | None = None
        self.bundle: Node | None = None
        if recipe.teacher:
            self.model = self.teacher = Path(recipe.teacher)
            self.model_print = content(self.teacher)

    def add(self, spec: StepSpec, cls: type[Step[Any]], options: Options) -> None:
        """Lay one step out; raises EdgeftError for what would stop it."""
        inputs, prints = self.taken(cls, options)
        if issubclass(cls, Finetuner) and (self.model == self.base or self.untaught):
            check_start(cls, options, self.base, self.nodes)
        if INPUTS[cls.kind][0] not in ("", "base"):
            refuse_headless(spec, self.nodes)
        prints |= named_content(cls, options, self.task, self.registry)
        refuse_own(cls, options, self.out)
        folder = self.folder
        name = free_name(f"{folder}{spec.kind}-{spec.method}", self.nodes)
        node = self.node(name, cls, options, inputs, prints)
        if issubclass(cls, Distiller) and not distilled(self.nodes) and self.task.labelled:
            alone = plain_options(cls, options, self.recipe, self.registry)
            if alone is not None:
                self.plain = self.node(f"{folder}{PLAIN}", cls, alone, inputs, prints)
                self.taught = node
        if issubclass(cls, Pruner | Distiller):
            # a student of a student is compared with the teacher of both
            self.teacher = self.model if self.student is None else self.teacher
            self.student = node
        self.nodes.append(node)
        self.hand_on(node, cls)

    def taken(
        self, cls: type[Step[Any]], options: Options
    ) -> tuple[dict[str, Path], dict[str, str]]:
        """What a step takes, by its role: where that is, and its fingerprints."""
        role, on = INPUTS[cls.kind]
        data = self.latest if on == "latest" else self.given
        inputs, prints = {"data": data.path}, {"data": data.fingerprint}
        asks = asks_teacher(cls) and not (cls.of_base and options.named_by(cls.of_base))
        for each in (role, "teacher" if asks else ""):
            if each:
                inputs[each], prints[each] = self.model, self.model_print
        return inputs, prints

    def hand_on(self, node: Node, cls: type[Step[Any]]) -> None:
        """Let the steps that come next take what this one makes."""
        if node.kind in OF_DATA:
            self.latest = node
            if node.kind == "clean":
                self.given = node
            return
        self.model, self.model_print = node.path, node.fingerprint
        self.untaught = self.untaught and issubclass(cls, Finetuner) and not cls.answers
        if node.kind in ("export", "quantize"):
            self.bundle = node

    @property
    def folder(self) -> str:
        """Where the next node stands: apart from others where it is a candidate's own."""
        candidate = self.candidate
        if candidate is None or len(self.nodes) <= candidate.shared:
            return ""
        is_student = len(self.nodes) == candidate.shared + 1
        whose = candidate.trained_as if is_student else ""
        return f"{CANDIDATES}/{whose or candidate.name}/"

    def node(
        self,
        name: str,
        cls: type[Step[Any]],
        options: Options,
        inputs: dict[str, Path],
        prints: dict[str, str],
    ) -> Node:
        """The node of one step."""
        recipe = self.recipe
        return Node(
            name=name,
            kind=cls.kind,
            method=cls.name,
            path=self.out / name,
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
                gates=recipe.gates.given() if cls.kind == "quantize" else None,
                timed_threads=recipe.bench.threads if cls.kind in TIMED else None,
                version=installed_version(cls.distribution),
            ),
        )

    def plan(self) -> Plan:
        """The plan of all that was laid out."""
        nodes = [*self.nodes, self.plain] if self.plain else self.nodes
        needed, left = disk_use(self.base, [nodes])
        cached = self.latest.cached
        return Plan(
            recipe=self.recipe,
            task=self.task,
            out=self.out,
            base=self.base,
            nodes=nodes,
            teacher=self.teacher,
            student=self.student,
            taught=self.taught,
            plain=self.plain,
            bundle=self.bundle,
            bytes_needed=needed,
            bytes_left=left,
            bytes_free=bytes_free(self.out),
            unchecked=[] if cached else unchecked(self.recipe, self.task, self.registry),
            candidate=self.candidate,
        )


def asks_teacher(cls: type[Step[Any]]) -> bool:
    """Whether a step can ask the model that the recipe has by then."""
    return issubclass(cls, Augmenter) and cls.asks_teacher


def distilled(nodes: list[Node]) -> bool:
    """Whether one of them is a student that learnt from a teacher."""
    return any(node.cls is not None and issubclass(node.cls, Distiller) for node in nodes)


def data_node(recipe: Recipe, out: Path, registry: Registry) -> Node:
    """The node that reads and splits the data."""
    return Node(
        name=DATA,
        kind=DATA,
        method="prepare",
        path=out / DATA,
        options=recipe.data,
        fingerprint=data_content(recipe.data, registry.task(recipe.task), registry, recipe.seed),
    )


def free_name(name: str, taken: list[Node]) -> str:
    """The name, or name-2, name-3 where a recipe takes the same step again."""
    names = {node.name for node in taken}
    candidates = (f"{name}-{number}" for number in count(2))
    return name if name not in names else next(each for each in candidates if each not in names)
