"""The kinds of step that a recipe is made of.

A step is a class with a `name`, an `Options` model, a one-line docstring and a `run` that takes
what flows and returns the artifact it wrote. Options are `self.options`, circumstances are
`self.context`.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

from edgeft.artifacts import (
    MANIFEST,
    Artifact,
    Bundle,
    Checkpoint,
    Dataset,
    Draft,
    open_model,
)
from edgeft.context import Context
from edgeft.errors import PluginError
from edgeft.manifests import Record
from edgeft.options import Options
from edgeft.processes import is_main
from edgeft.tasks import Task

O = TypeVar("O", bound=Options)  # noqa: E741
A = TypeVar("A", bound=Artifact[Any])


class Step(Generic[O]):
    """What every kind of step has."""

    kind: ClassVar[str]
    """the key that names it in a recipe"""
    name: ClassVar[str]
    Options: ClassVar[type[Options]]
    needs: ClassVar[tuple[str, ...]] = ()
    """modules to import before it can run, such as `torch`; checked before a recipe starts"""
    models: ClassVar[tuple[str, ...]] = ()
    """options that name models, one or a list: their content decides what the step makes"""
    of_base: ClassVar[str] = ""
    """option that names a model, and means the recipe's base where it is left open"""
    files: ClassVar[tuple[str, ...]] = ()
    """options that name files, one or a list: their content decides as well"""
    sources: ClassVar[tuple[str, ...]] = ()
    """options whose keys name sources of data, as `data.train` does: their content decides, too"""
    finetuners: ClassVar[tuple[str, ...]] = ()
    """options that name finetuners, one or a list: that they can run here is checked as well"""
    splits: ClassVar[tuple[str, ...]] = ()
    """splits of the data that it cannot do without, such as `unlabelled`"""
    stand_in: ClassVar[str] = ""
    """method of its kind that an ablation takes where it runs without those splits; none where it
    leaves the step out"""
    suits: ClassVar[tuple[str, ...]] = ()
    """kinds of answer that it works with, such as label: see `Task.answer`; all if none is named"""
    pairs: ClassVar[bool] = True
    """whether it works with rows of two texts"""
    marks: ClassVar[bool] = True
    """whether it works with texts in which two parts are marked; see `Task.marks`"""
    answered: ClassVar[bool] = False
    """whether it learns from the rows' answers, and so not from texts alone: see `Task.labelled`"""
    levers: ClassVar[Mapping[str, Any] | Sequence[str]] = ()
    """options that make more of the same labels, each with the value at which it is off, or their
    names where that is the default: an ablation runs without each that is on"""
    retains: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """options that name a dataset which the model is not to forget, each with the option that names
    the model which knew it: the report says what became of it"""
    distributed: ClassVar[bool] = False
    """whether every process of a torchrun works on it, or the main one alone"""
    plugin: ClassVar[str] = ""
    """name of the plugin that provides it; set by the registry"""
    distribution: ClassVar[str] = ""
    """distribution that the plugin was installed with; set by the registry"""

    def __init__(self, options: O, context: Context) -> None:
        self.options = options
        self.context = context
        self.started = time.perf_counter()

    @classmethod
    def settle(cls, options: O, model: Path) -> O:
        """The options, with what they leave open and only a model can say.

        Called before a recipe starts; `model` is the directory of what it starts from.
        """
        return options

    @classmethod
    def trains(cls, options: O) -> bool:
        """Whether it leaves checkpoints behind while it works: a plan counts the disk for them."""
        return False

    @classmethod
    def check(cls, options: O, find_model: Callable[[str], Path]) -> None:
        """Raise EdgeftError where what the options ask for is not to be had here.

        Called before a recipe starts, so that nobody trains for an hour to be told then.
        `find_model` turns the name of a model into its directory.
        """

    @classmethod
    def check_reach(cls, options: O) -> None:
        """Raise EdgeftError where whoever it asks, such as a server, cannot be reached now.

        Called before a run in which other steps come first, for a step that is not cached.
        """

    @classmethod
    def check_place(cls, options: O, earlier: Sequence[type["Step[Any]"]]) -> None:
        """Raise PluginError where it cannot follow the steps that a recipe names before it."""

    @classmethod
    def goes_on(cls, options: O) -> bool:
        """Whether it goes on with a model that knows labels: then texts of one more are enough."""
        return False

    @classmethod
    def fits(cls, task: Task) -> bool:
        """Whether it suits the kind of answer that a task gives."""
        return (not cls.suits or task.answer in cls.suits) and (task.labelled or not cls.answered)

    @classmethod
    def check_task(cls, options: O, task: Task) -> None:
        """Raise PluginError where it is not for a task; called before a recipe starts."""
        if not cls.fits(task):
            raise PluginError(
                f"{cls.kind} {cls.name} does not work for {task.name}",
                hint="it learns from the rows' answers, and these have none"
                if not task.labelled and cls.answered
                else f"it is for tasks that answer with: {', '.join(cls.suits)};"
                " which step suits which task: edgeft plugins",
            )
        if task.pairs and not cls.pairs:
            raise PluginError(
                f"{cls.kind} {cls.name} reads one text, and {task.name} has two",
                hint="take another method; which step suits which task: edgeft plugins",
            )
        if task.marks and not cls.marks:
            raise PluginError(
                f"{cls.kind} {cls.name} would not keep the marks in the texts of {task.name}, or"
                " not read them",
                hint="take another method; which step suits which task: edgeft plugins",
            )

    @contextmanager
    def writing(self, artifact: type[A], **inputs: Artifact[Any] | Path) -> Iterator[Draft[A]]:
        """Open the draft of this step's artifact; `inputs` by role go into its history.

        Task, labels and history are taken over from the inputs; of a base, a directory that may be
        a checkpoint of an earlier step, the history alone. What the step measured of itself goes
        into `draft.figures`. After the block, `draft.artifact` is the artifact.
        """
        with artifact.create(self.context.out, force=self.context.force) as draft:
            sources = [each for each in inputs.values() if isinstance(each, Artifact)]
            draft.manifest.task = self.context.task.name
            for source in sources:
                draft.manifest.labels = draft.manifest.labels or list(source.labels)
            made = {role: made_by_edgeft(each) for role, each in inputs.items()}
            yield draft
            draft.manifest.fingerprint = self.context.fingerprint
            draft.manifest.history = [
                *merged_history([each for each in made.values() if isinstance(each, Artifact)]),
                self.record(made, draft.figures),
            ]
        if is_main():
            shutil.rmtree(self.context.scratch, ignore_errors=True)

    def record(self, inputs: dict[str, Any], figures: dict[str, Any]) -> Record:
        """What the history says of this run."""
        return Record(
            kind=self.kind,
            method=self.name,
            plugin=self.plugin,
            version=installed_version(self.distribution),
            options=self.options.model_dump(mode="json"),
            seed=self.context.seed,
            inputs={
                role: each.digest if isinstance(each, Artifact) else str(each)
                for role, each in inputs.items()
            },
            seconds=round(time.perf_counter() - self.started, 2),
            packages={
                name: found
                for name in ("edgeft", "torch", "transformers", "onnx", "onnxruntime")
                if (found := installed_version(name))
            },
            figures=figures,
        )


class Cleaner(Step[O]):
    """Says what is wrong with the rows, and changes what it was told to change."""

    kind = "clean"

    def run(self, data: Dataset) -> Dataset:
        raise NotImplementedError


class Augmenter(Step[O]):
    """Adds rows to the training split; each new row names its parent."""

    kind = "augment"
    marks = False
    adds: ClassVar[bool] = True
    """whether it makes copies; one that does not takes some out again, or adds other rows"""
    asks_teacher: ClassVar[bool] = False
    """whether its `run` takes the model that a recipe has before it, as `teacher`, where the option
    that `of_base` names is left open"""

    def run(self, data: Dataset) -> Dataset:
        raise NotImplementedError


class Finetuner(Step[O]):
    """Trains a pretrained model on labelled texts."""

    kind = "finetune"
    distributed = True
    answers: ClassVar[bool] = True
    """whether what it makes knows labels, or is only what another finetuner starts from"""
    checks_head: ClassVar[bool] = False
    """whether `check_base` is about a base's head for masked words, which one that teaches no
    labels may give or take"""

    @classmethod
    def trains(cls, options: O) -> bool:
        """It does."""
        return True

    @classmethod
    def gives_head(cls, options: O) -> bool:
        """Whether what it makes fills in masked words: one that `checks_head` may stand behind."""
        return False

    @classmethod
    def check_base(cls, options: O, base: Path) -> None:
        """Raise EdgeftError where it cannot start from a pretrained model.

        Called before a recipe starts, for a `base` that is there already; for that of a recipe
        also behind finetuners that teach no labels, unless it `checks_head`.
        """

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        raise NotImplementedError


class Distiller(Step[O]):
    """Trains a small student to answer as its teacher does."""

    kind = "distill"
    distributed = True

    @classmethod
    def trains(cls, options: O) -> bool:
        """It does."""
        return True

    @classmethod
    def check_teacher(cls, options: O, teacher: Checkpoint | Bundle) -> None:
        """Raise EdgeftError where it cannot learn from a teacher, such as one without layers.

        Called before a recipe starts, for a `teacher` that is there already.
        """

    @classmethod
    def share(cls, options: O, base: Path) -> float | None:
        """The size of its student over that of a base in a directory; None if it is its teacher's.

        A plan counts the disk by it. Raises ModelError where the base does not say its sizes.
        """
        return None

    def run(self, teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
        raise NotImplementedError

    def plain(self) -> O | None:
        """Options that train the same student without its teacher, for the report; None if moot."""
        return None


class Pruner(Step[O]):
    """Removes from a checkpoint what its task does not need."""

    kind = "prune"
    distributed = True

    def run(self, checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
        raise NotImplementedError


class Exporter(Step[O]):
    """Writes a checkpoint as a bundle that runs without the framework that trained it."""

    kind = "export"

    def run(self, checkpoint: Checkpoint, data: Dataset) -> Bundle:
        raise NotImplementedError


class Quantizer(Step[O]):
    """Adds a smaller variant to a bundle, and chooses what this machine measures to be best."""

    kind = "quantize"

    def run(self, bundle: Bundle, data: Dataset) -> Bundle:
        raise NotImplementedError


KINDS: dict[str, type[Step[Any]]] = {
    each.kind: each
    for each in (Cleaner, Augmenter, Finetuner, Distiller, Pruner, Exporter, Quantizer)
}
"""The kinds by the key that names them in a recipe, in the order in which a recipe runs them."""


def made_by_edgeft(source: Artifact[Any] | Path) -> Artifact[Any] | Path:
    """The checkpoint at a path, if a step wrote it; any other source as it is."""
    if isinstance(source, Path) and (source / MANIFEST).is_file():
        return open_model(source)
    return source


def merged_history(sources: list[Artifact[Any]]) -> list[Record]:
    """The histories of all sources, oldest first, each record once."""
    merged: list[Record] = []
    for source in sources:
        merged += [record for record in source.manifest.history if record not in merged]
    return merged


def installed_version(distribution: str) -> str:
    """The version of an installed distribution, or an empty string."""
    if not distribution:
        return ""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
