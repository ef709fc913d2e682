"""Dataset, Checkpoint and Bundle: directories that say in an edgeft.json what they are.

An artifact is written beside its final place and renamed there when it is whole, so a reader
never sees half of one, and a failure never costs the one that stood there before.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import ValidationError

from edgeft import __version__
from edgeft.errors import BundleError, DataError, EdgeftError, ModelError, OutputError
from edgeft.manifests import SCHEMA, BundleManifest, CheckpointManifest, DatasetManifest, File
from edgeft.manifests import Manifest as AnyManifest
from edgeft.writing import PARTIAL, building, refuse_to_overwrite, write_text

MANIFEST = "edgeft.json"
UNFINISHED = "tuning.unfinished.json"
"""what an interrupted `edgeft tune` leaves in a bundle"""
UNSEALED = (MANIFEST, "tuning.json", UNFINISHED, "decisions.csv")
"""files that no checksum covers: the manifest, what `edgeft tune` writes beside it, and what a
person edits"""
SPLITS = ("train", "validation", "test", "unlabelled")

M = TypeVar("M", bound=AnyManifest)
A = TypeVar("A", bound="Artifact[Any]")


class Artifact(Generic[M]):
    """A directory with an edgeft.json. `open` reads one, `create` writes one."""

    Manifest: ClassVar[type[AnyManifest]]
    Error: ClassVar[type[EdgeftError]]
    editable: ClassVar[tuple[str, ...]] = ()
    """files that people may change: they are not compared with what was written"""
    manifest: M

    def __init__(self, path: Path, manifest: M) -> None:
        self.path = path
        self.manifest = manifest

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read the artifact at `path`; raises its kind's error where there is none."""
        path = Path(path)
        kind = cls.Manifest.model_fields["kind"].default
        if not path.is_dir():
            raise cls.Error(f"no {kind} at {path}", hint="check the path")
        try:
            found = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls.adopt(path)
        except (OSError, ValueError) as error:
            raise cls.Error(
                f"{path / MANIFEST} cannot be read: {error}", hint=f"make the {kind} again"
            ) from error
        what = found.get("kind") if isinstance(found, dict) else type(found).__name__
        if what is None:
            raise cls.Error(
                f"{path / MANIFEST} does not say what lies there", hint=f"make the {kind} again"
            )
        if what != kind:
            raise cls.Error(f"{path} is a {what}, not a {kind}", hint=f"name a {kind} directory")
        if found.get("schema_version", 0) > SCHEMA:
            raise cls.Error(
                f"{path} has schema {found['schema_version']}, this edgeft reads up to {SCHEMA}",
                hint="upgrade: pip install -U edgeft",
            )
        try:
            return cls(path, cls.Manifest.model_validate(found))  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise cls.Error(
                f"{path / MANIFEST}: {place}: {first['msg']}", hint=f"make the {kind} again"
            ) from error

    @classmethod
    def adopt(cls, path: Path) -> Self:
        """Read a directory that has no edgeft.json; most kinds refuse."""
        kind = cls.Manifest.model_fields["kind"].default
        raise cls.Error(f"{path} is not a {kind}: it has no {MANIFEST}", hint="check the path")

    @classmethod
    @contextmanager
    def create(cls, out: str | Path, *, force: bool = False) -> Iterator["Draft[Self]"]:
        """Open a draft of a new artifact; it stands at `out` when the block ends well.

        Raises OutputError where `out` exists (without `force`), or is a directory that edgeft did
        not make, and where the disk is full.
        """
        out = Path(out)
        refuse_to_replace(out, force)
        with building(out) as partial:
            draft: Draft[Self] = Draft(cls, out, partial)
            yield draft
            draft.seal()
        draft.artifact = cls(out, draft.manifest)

    @property
    def name(self) -> str:
        """The name of its directory, or of what that is to become while it is written."""
        name, unfinished, _ = self.path.name.rpartition(PARTIAL)
        return name.removeprefix(".") if unfinished else self.path.name

    @property
    def labels(self) -> list[str]:
        return self.manifest.labels

    @property
    def task(self) -> str:
        return self.manifest.task

    @property
    def digest(self) -> str:
        """A hash of the content: equal for equal files, wherever they lie."""
        return self.hashed(self.files())

    @property
    def digest_now(self) -> str:
        """The same of what the files hold now, be it other than what was written."""
        return self.hashed(checksums(self.path))

    def hashed(self, files: dict[str, File]) -> str:
        """A hash of files, by their checksums, and of the labels."""
        lines = [f"{name} {file.sha256}" for name, file in sorted(files.items())]
        return hashlib.sha256("\n".join([*lines, *self.labels]).encode()).hexdigest()[:32]

    def files(self) -> dict[str, File]:
        """The checksum and size of every file, from the manifest or else from the disk."""
        return self.manifest.files or checksums(self.path)

    @property
    def size_bytes(self) -> int:
        return sum(file.bytes for file in self.files().values())

    def verify(self) -> None:
        """Compare every file with its checksum; raises this kind's error naming the first."""
        for complaint in self.complaints():
            raise self.Error(complaint, hint="copy or make it again, whole")

    def complaints(self) -> Iterator[str]:
        """A sentence for each file that is missing, or is not the one that was written."""
        for name, file in self.manifest.files.items():
            path = self.path / name
            if name in self.editable:
                continue
            if not path.is_file():
                yield f"{self.path} lacks {name}"
            elif (size := path.stat().st_size) != file.bytes:
                yield f"{path} has {size} bytes where {file.bytes} were written"
            elif sha256(path) != file.sha256:
                yield f"{path} is not the file that was written: its checksum differs"


class Dataset(Artifact[DatasetManifest]):
    """Parquet splits whose rows have an id, a text and an answer: `label`, as the task writes it.

    And, where there are such, `pair`, the second text; `parent`, the row that a copy was made of;
    `weight` in training; `soft`, what a teacher says of a copy.
    """

    Manifest = DatasetManifest
    Error = DataError

    @property
    def splits(self) -> list[str]:
        return [split for split in SPLITS if split in self.manifest.rows]

    def split_file(self, split: str) -> Path:
        """The Parquet file of a split; raises DataError where there is no such split."""
        if split not in self.manifest.rows:
            have = ", ".join(self.splits)
            raise DataError(f"{self.path} has no {split} split", hint=f"it has: {have}")
        return self.path / f"{split}.parquet"

    @property
    def held_out(self) -> str:
        """The split that figures are reported on: test, or validation where there is no test."""
        return "test" if "test" in self.manifest.rows else "validation"


class Checkpoint(Artifact[CheckpointManifest]):
    """A Hugging Face directory: safetensors, config with label names, tokenizer."""

    Manifest = CheckpointManifest
    Error = ModelError

    @property
    def max_length(self) -> int:
        return self.manifest.max_length

    @classmethod
    def adopt(cls, path: Path) -> Self:
        """Read a Hugging Face directory that edgeft did not write: a user's own model."""
        try:
            config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            inside = path / "bundle"
            raise ModelError(
                f"{path} is not a checkpoint: no readable config.json",
                hint=f"name {inside}" if inside.is_dir() else "check the path",
            ) from error
        names: dict[str, str] = config.get("id2label") or {}
        labels = [name for _, name in sorted(names.items(), key=lambda item: int(item[0]))]
        return cls(path, CheckpointManifest(labels=labels))


class Bundle(Artifact[BundleManifest]):
    """What an application embeds: ONNX graphs, tokenizer, labels, golden outputs."""

    Manifest = BundleManifest
    Error = BundleError
    editable = ("README.md",)

    def variant_file(self, name: str | None = None) -> Path:
        """The ONNX file of a variant, or of the chosen one."""
        name = name or self.manifest.chosen
        if name not in self.manifest.variants:
            have = ", ".join(sorted(self.manifest.variants))
            raise BundleError(f"{self.path} has no variant {name!r}", hint=f"it has: {have}")
        return self.path / self.manifest.variants[name].file


def open_model(path: str | Path) -> Checkpoint | Bundle:
    """Open the checkpoint or the bundle at `path`; raises ModelError or BundleError."""
    path = Path(path)
    return Bundle.open(path) if is_bundle(path) else Checkpoint.open(path)


def is_bundle(path: Path) -> bool:
    """Whether a directory says of itself that it is a bundle."""
    try:
        kind = json.loads((path / MANIFEST).read_text(encoding="utf-8"))["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(kind == "bundle")


def knowing_labels(model: Checkpoint | Bundle) -> Checkpoint | Bundle:
    """The model, as given; raises ModelError for one that was adapted to texts alone."""
    if not model.labels and model.manifest.history:
        raise ModelError(
            f"{model.path} knows no labels: it was adapted to texts alone",
            hint="finetune the checkpoint that it was exported from first"
            if isinstance(model, Bundle)
            else f"finetune it first: edgeft finetune full --base {model.path}",
        )
    return model


class Draft(Generic[A]):
    """An artifact in the making: write files under `path`, fill in `manifest`."""

    manifest: Any
    artifact: A

    def __init__(self, cls: type[A], out: Path, path: Path) -> None:
        self.out = out
        self.path = path
        self.manifest = cls.Manifest()
        self.figures: dict[str, Any] = {}

    def take_files(self, made: Artifact[Any]) -> None:
        """Copy all files of another artifact, but its manifest."""
        unwanted = shutil.ignore_patterns(MANIFEST)
        shutil.copytree(made.path, self.path, ignore=unwanted, dirs_exist_ok=True)

    def seal(self) -> None:
        """Write the manifest with the checksum of every file."""
        self.manifest.edgeft = __version__
        self.manifest.files = checksums(self.path)
        write_text(self.path / MANIFEST, self.manifest.model_dump_json(indent=1) + "\n")


def refuse_to_replace(out: Path, force: bool) -> None:
    """Raise OutputError where an artifact cannot take the place of what is at `out`.

    All of a directory goes with that: one that is no artifact stays, whatever anybody said.
    """
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise OutputError(f"{out} exists already, and edgeft did not make it", hint="name another")
    refuse_to_overwrite(out, force)


def sha256(path: Path) -> str:
    """The checksum of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(root: Path) -> dict[str, File]:
    """The checksum and size of every file below `root` but the unsealed ones, sorted by name."""
    return {
        path.relative_to(root).as_posix(): File(sha256=sha256(path), bytes=path.stat().st_size)
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).as_posix() not in UNSEALED
    }
