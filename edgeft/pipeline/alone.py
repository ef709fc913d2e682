"""Runs one step outside a recipe, with the same checks and the same fingerprints."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from edgeft.artifacts import (
    MANIFEST,
    Artifact,
    Bundle,
    Checkpoint,
    Dataset,
    knowing_labels,
    open_model,
    refuse_to_replace,
)
from edgeft.context import Context, Device
from edgeft.data import DataSource
from edgeft.errors import DataError, EdgeftError, PluginError
from edgeft.options import Gates
from edgeft.pipeline.claiming import claimed_by_step
from edgeft.pipeline.fingerprints import data_content, fingerprint, model_content, named_content
from edgeft.pipeline.finishing import tell
from edgeft.pipeline.nodes import INPUTS
from edgeft.pipeline.outcome import outcome
from edgeft.processes import is_main, world_size
from edgeft.progress import Progress, Silence
from edgeft.recipe import USUAL
from edgeft.registry import SEARCH, Registry, require_packages
from edgeft.steps import Distiller, Finetuner, installed_version


def run_step(
    kind: str,
    method: str,
    out: Path,
    registry: Registry,
    *,
    data: Path | DataSource,
    model: str = "",
    settings: dict[str, Any] | None = None,
    task: str = "",
    seed: int = 0,
    device: Device = "auto",
    threads: int | None = None,
    gates: Gates | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Artifact[Any]:
    """Run one step into `out` and return the artifact it wrote.

    `data` is a dataset's directory, or a source that is then prepared beside `out`; `model` is
    what the kind of step works on: a pretrained model's name, or a checkpoint's or bundle's
    directory. Without a `task` it is the one that the dataset or the model was made for, or else
    text classification. Raises EdgeftError, before anything is written where that can be known.
    """
    if (kind, method) == SEARCH:
        raise PluginError(
            "distill auto is a step of recipes: it tries whole students, up to the bundle",
            hint="write a recipe with `edgeft init`, or name a method such as layers",
        )
    role, _ = INPUTS[kind]
    task = task or made_for(data, role, model) or USUAL
    cls = registry.step(kind, method)
    options = registry.options(kind, method, settings or {})
    require_packages(cls)
    registry.require_finetuners(cls, options)
    cls.check_task(options, registry.task(task))
    cls.check(options, registry.find_model)
    refuse_to_replace(out, force)
    context = Context(
        out=out,
        task=registry.task(task),
        seed=seed,
        device=device,
        threads=threads,
        timed_threads=threads or 1,
        gates=gates or Gates(),
        force=force,
        progress=progress or Silence(),
        find_model=registry.find_model,
        find_data=registry.dataset_source,
        find_step=registry.usable_step,
    )
    inputs: dict[str, Any] = {role: opened(role, model, context)} if role else {}
    if issubclass(cls, Finetuner):
        cls.check_base(options, inputs["base"])
    if issubclass(cls, Distiller):
        cls.check_teacher(options, inputs["teacher"])
    if role:
        options = cls.settle(options, model_path(inputs[role]))
    with claimed_by_step(out) if is_main() else nullcontext():
        refuse_to_replace(out, force)  # what another has made meanwhile
        inputs["data"] = dataset(data, context, registry, goes_on=cls.goes_on(options))
        context = context.at(
            out,
            fingerprint=fingerprint(
                kind=kind,
                method=method,
                task=task,
                options=options.model_dump(),
                inputs={role: digest(each) for role, each in inputs.items()}
                | named_content(cls, options, context.task, registry),
                seed=seed,
                gates=context.gates.given() if kind == "quantize" else None,
                version=installed_version(cls.distribution),
            ),
        )
        step: Any = cls(options, context)
        made = outcome(step, inputs)
        tell(made, inputs["data"], context, registry)
    return made


def made_for(data: Path | DataSource, role: str | None, model: str) -> str:
    """The task of a prepared dataset, or else of a checkpoint or bundle; empty where unknown."""
    try:
        if isinstance(data, Path):
            return Dataset.open(data).task
        return open_model(model).task if role and role != "base" else ""
    except EdgeftError:  # which is told in its turn
        return ""


def opened(role: str, model: str, context: Context) -> Artifact[Any] | Path:
    """The model that a step's parameter of this name takes."""
    match role:
        case "base":
            return context.find_model(model)
        case "checkpoint":
            found: Checkpoint | Bundle = Checkpoint.open(model)
        case "bundle":
            return Bundle.open(model)
        case _:
            found = open_model(model)
    return found if context.task.answer == "vector" else knowing_labels(found)


def model_path(given: Artifact[Any] | Path) -> Path:
    """Where a model that a step takes stands."""
    return given.path if isinstance(given, Artifact) else given


def digest(given: Artifact[Any] | Path) -> str:
    """A hash of what an input holds now; of a dataset as written, for it was verified."""
    if isinstance(given, Dataset):
        return given.digest
    return given.digest_now if isinstance(given, Artifact) else model_content(given)


def dataset(
    data: Path | DataSource, context: Context, registry: Registry, *, goes_on: bool = False
) -> Dataset:
    """The dataset in a directory, or one prepared from a source into `out`.data."""
    if isinstance(data, Path):
        found = Dataset.open(data)
        found.verify()
        return found
    if world_size() > 1:
        raise DataError(
            "a step in several processes needs a dataset that is prepared already",
            hint="prepare it in one process first, such as by: edgeft augment",
        )
    from edgeft.data.prepare import prepare
    from edgeft.data.summary import render

    out = context.out.with_name(f"{context.out.name}.data")
    read = data_content(data, context.task, registry, context.seed)
    of_data = fingerprint(data=read, goes_on=goes_on)
    if is_made_of(out, of_data):
        context.progress.note(f"{data.train} is prepared in {out}")
        return Dataset.open(out)
    refuse_to_replace(out, context.force)
    context.progress.note(f"preparing {data.train} in {out}")
    made = prepare(
        data,
        context.task,
        context.at(out, fingerprint=of_data),
        find=registry.dataset_source,
        goes_on=goes_on,
    )
    context.progress.note(render(made.manifest.summary, notes=False))
    return made


def is_made_of(path: Path, found: str) -> bool:
    """Whether a directory is the dataset, whole, that data of this fingerprint become."""
    if not (path / MANIFEST).is_file():
        return False
    try:
        made = Dataset.open(path)
        made.verify()
    except DataError:
        return False
    return made.manifest.fingerprint == found
