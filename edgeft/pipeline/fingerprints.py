"""Fingerprints: a hash of all that goes into a step, so that an unchanged step is not run again."""

import hashlib
import json
from pathlib import Path
from typing import Any

from edgeft.artifacts import MANIFEST, sha256
from edgeft.data import DataSource
from edgeft.errors import DataError
from edgeft.models import named_file
from edgeft.options import Options
from edgeft.registry import Registry
from edgeft.steps import Step, installed_version
from edgeft.tasks import Task


def fingerprint(**parts: Any) -> str:
    """A short hash of named parts that JSON can say."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def content(path: Path) -> str:
    """A hash of a file's bytes, or of all files below a folder and their names."""
    if path.is_file():
        return sha256(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return fingerprint(files={str(file.relative_to(path)): sha256(file) for file in files})


def model_content(path: Path) -> str:
    """A hash of what a model directory computes with: config, weights, tokenizer, pooling."""
    files = [file for file in sorted(path.iterdir()) if file.suffix in {".json", ".safetensors"}]
    files += [file for file in sorted(path.iterdir()) if file.suffix in {".txt", ".model", ".spm"}]
    files += sorted(path.glob("*_Pooling/config.json"))
    return fingerprint(files={str(file.relative_to(path)): sha256(file) for file in files})


def named_content(
    cls: type[Step[Any]], options: Options, task: Task, registry: Registry
) -> dict[str, str]:
    """A hash of the content of each model and file that a step's options name, by their place.

    Raises ModelError or DataError for one that is not there.
    """
    found: dict[str, str] = {}
    for option in cls.models:
        for place, name in enumerate(options.named_by(option)):
            path = Path(name)
            if not path.is_dir():
                path = registry.find_model(name)
            _, file = named_file(name)
            found[f"{option} {place}"] = content(path / file) if file else model_content(path)
    for option in cls.files:
        for place, file in enumerate(options.named_by(option)):
            if not Path(file).is_file() and not (Path(file) / MANIFEST).is_file():
                raise DataError(f"{option}: no file at {file}", hint="check the path")
            found[f"{option} {place}"] = content(Path(file))
    for option in cls.sources:
        for name in getattr(options, option):
            found[f"{option} {name}"] = source_content(name, option, options, task, registry)
    return found


def source_content(name: str, role: str, options: Options, task: Task, registry: Registry) -> str:
    """A hash of a source of data: of its files, or of its name where it lies on the hub.

    `options` say which columns it has, where they have `columns` or an `encoding`. Raises DataError
    for files that are missing, or whose first row cannot be read.
    """
    from edgeft.data.files import FileSource
    from edgeft.data.sources import FolderSource, locate

    given = options.model_dump(include={"columns", "encoding", "skip_bad_rows"})
    source = DataSource.model_validate({"train": name, **given})
    found = locate(name, role, source, task, registry.dataset_source)
    if not isinstance(found, FileSource | FolderSource):
        return name
    if not (source.skip_bad_rows and next(found.rows(left_out), None)):
        next(found.rows(), None)
    return content(found.path)


def left_out(number: int, error: DataError) -> None:
    """Ignore a row that cannot be used: what is done with each where `skip_bad_rows` is set."""


def data_content(data: DataSource, task: Task, registry: Registry, seed: int) -> str:
    """A hash of all that decides what data become once they are read and split."""
    prints = {
        role: source_content(source, role, data, task, registry)
        for role in ("train", "validation", "test", "unlabelled")
        if (source := getattr(data, role))
    }
    if data.labels is not None:
        from edgeft.data.sources import names

        prints["labels"] = names(data, task).digest()
    return fingerprint(
        task=task.name,
        options=data.model_dump(exclude=set(prints)),
        sources=prints,
        seed=seed,
        version=installed_version("edgeft"),
    )
