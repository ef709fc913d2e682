"""What a run works through: directories that steps make of others, and the plan of them all."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edgeft.artifacts import MANIFEST, Artifact, Bundle, Checkpoint, Dataset
from edgeft.errors import EdgeftError
from edgeft.options import Options
from edgeft.pipeline.search.candidates import Candidate
from edgeft.recipe import Recipe
from edgeft.steps import Finetuner, Step
from edgeft.tasks import Task

DATA = "data"
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
MAKES: dict[str, type[Artifact[Any]]] = {
    DATA: Dataset,
    "clean": Dataset,
    "augment": Dataset,
    "finetune": Checkpoint,
    "distill": Checkpoint,
    "prune": Checkpoint,
    "export": Bundle,
    "quantize": Bundle,
}
"""what a step of each kind returns"""
OF_DATA = ("clean", "augment")
"""kinds that make data of data"""


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

    def damage(self) -> str:
        """Of a result that is `cached`: which file is not the one that was written, if any."""
        try:
            return next(MAKES[self.kind].open(self.path).complaints(), "")
        except EdgeftError as error:
            return error.message


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
    taught: Node | None
    """the student as its teacher left it, before anything else is cut"""
    plain: Node | None
    """the same student without its teacher, which that is compared with"""
    bundle: Node | None
    bytes_needed: int
    """at most, while it runs"""
    bytes_left: int
    """of these, at most, when it is done"""
    bytes_free: int
    """on the disk that the run writes to"""
    unchecked: list[str]
    """what only the run itself can find out, a sentence each"""
    candidate: Candidate | None = None
    """the student that this plan tries, where a recipe leaves the choice open"""
    candidates: list["Plan"] = field(default_factory=list)
    """one a student that may be tried, in order; their first nodes are this plan's"""

    @property
    def may_fill_the_disk(self) -> str:
        """A sentence where the disk has less than the run may need; empty where it has enough."""
        if self.bytes_needed <= self.bytes_free:
            return ""
        return (
            f"{self.out} needs up to {self.bytes_needed / 1e6:.0f} MB while it runs, often less,"
            f" and its disk has {self.bytes_free / 1e6:.0f} MB left. Should that not do, free some"
            " space: the same command goes on from what was finished"
        )

    @property
    def data(self) -> Node:
        """The node of the texts that everything is judged on: the user's own, as cleaned."""
        return [node for node in self.nodes if node.kind in (DATA, "clean")][-1]

    @property
    def goes_on(self) -> bool:
        """Whether a step goes on with a model that knows labels beside those of the data."""
        return any(node.cls is not None and node.cls.goes_on(node.options) for node in self.nodes)

    @property
    def trained(self) -> Path | None:
        """The last fine-tuned checkpoint that knows labels."""
        tuned = [
            node.path
            for node in self.nodes
            if node.cls is not None and issubclass(node.cls, Finetuner) and node.cls.answers
        ]
        return tuned[-1] if tuned else None

    @property
    def reference(self) -> Path | None:
        """The model that all others are compared with: the teacher, or else what was trained."""
        return self.teacher or self.trained

    @property
    def metric(self) -> str:
        """The metric of the gates."""
        return self.recipe.gates.metric or self.task.metric

    def without_plain(self) -> "Plan":
        """The plan without the student that the report compares its student with."""
        return replace(
            self, plain=None, nodes=[each for each in self.nodes if each is not self.plain]
        )

    def own_nodes(self, others: Iterable[Node]) -> list[Node]:
        """The nodes that `others` have not; none of a candidate that will be skipped.

        The student that only a chosen candidate is compared with is not among them.
        """
        if self.candidate and self.candidate.excluded:
            return []
        known = {node.name for node in others}
        return [node for node in self.nodes if node is not self.plain and node.name not in known]
