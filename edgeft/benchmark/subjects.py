"""What can be timed: a variant of a bundle, or a torch checkpoint in transformers' pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from edgeft.artifacts import MANIFEST, Bundle, Checkpoint, is_bundle
from edgeft.errors import BundleError, ModelError
from edgeft.manifests import BundleManifest
from edgeft.runtime.loading import runs_on_cuda
from edgeft.runtime.manifest import WHOLE

NUMBER_TYPES = ("fp32", "bf16", "fp16")
"""number types that a checkpoint can be timed in"""


@dataclass(frozen=True)
class Subject:
    """One model under the clock."""

    name: str
    kind: Literal["bundle", "checkpoint"]
    path: Path
    variant: str
    """graph of the bundle, or number type of the checkpoint"""
    size_bytes: int
    """the ONNX file, or the checkpoint's weights"""
    max_length: int
    """tokens a text; 0 where only the tokenizer knows"""


def parse_subject(source: str | Path, name: str | None = None, device: str = "cpu") -> Subject:
    """Read `PATH` or `PATH:VARIANT`, such as `runs/bank/bundle:int8` or `my-model:bf16`.

    Without a variant it is the graph that the bundle's manifest chose, on CUDA the first float one,
    or fp32 of a checkpoint.
    `name` stands in tables instead of the directory's. Raises BundleError or ModelError naming the
    variants there are.
    """
    path, variant = split_source(str(source))
    if not path.is_dir():
        raise ModelError(
            f"no model or bundle at {path}", hint="name a directory, or DIRECTORY:VARIANT"
        )
    if is_bundle(path):
        found = bundle_subject(path, variant or names_on(Bundle.open(path).manifest, device)[0])
    else:
        found = checkpoint_subject(path, variant)
    return replace(found, name=name) if name else found


def all_variants(source: str | Path, device: str = "cpu") -> list[Subject]:
    """Every variant of a bundle, the chosen one first; of anything else what `source` says.

    On CUDA, which has no kernels for int8, the float ones; of a bundle without any the chosen one,
    which whoever times it is refused.
    """
    path, variant = split_source(str(source))
    if variant or not is_bundle(path):
        return [parse_subject(source)]
    return [bundle_subject(path, name) for name in names_on(Bundle.open(path).manifest, device)]


def names_on(manifest: BundleManifest, device: str) -> list[str]:
    """The variants that a device computes, the chosen one first; the first of all where none is."""
    names = sorted(manifest.variants, key=lambda name: (name != manifest.chosen, name))
    if device == "cuda":
        return [name for name in names if runs_on_cuda(manifest.variants[name].kind)] or names[:1]
    return names


def with_unique_names(subjects: Sequence[Subject]) -> list[Subject]:
    """The subjects, without twins; folders that are called alike are named by their whole path."""
    kept = list(dict.fromkeys(subjects))
    places: dict[str, set[Path]] = {}
    for subject in kept:
        places.setdefault(folder_in(subject), set()).add(subject.path)
    return [
        replace(subject, name=f"{subject.path}:{subject.variant}".rstrip(":"))
        if len(places[folder_in(subject)]) > 1
        else subject
        for subject in kept
    ]


def folder_in(subject: Subject) -> str:
    """What a subject's name says of its folder."""
    return subject.name.removesuffix(f":{subject.variant}")


def split_source(source: str) -> tuple[Path, str]:
    """The path and the variant of `PATH:VARIANT`; a directory of that very name wins."""
    before, colon, after = source.rpartition(":")
    if colon and before and "/" not in after and "\\" not in after and not Path(source).exists():
        return Path(before), after
    return Path(source), ""


def bundle_subject(path: Path, variant: str) -> Subject:
    """One graph of a bundle."""
    bundle = Bundle.open(path)
    file = bundle.variant_file(variant)
    if not file.is_file():
        raise BundleError(f"{path} lacks {file.name}", hint="copy or make it again, whole")
    return Subject(
        name=f"{label_of(path)}:{variant}",
        kind="bundle",
        path=path,
        variant=variant,
        size_bytes=file.stat().st_size,
        max_length=bundle.manifest.max_length,
    )


def checkpoint_subject(path: Path, variant: str) -> Subject:
    """A torch checkpoint in one number type."""
    checkpoint = Checkpoint.open(path)
    variant = variant or NUMBER_TYPES[0]
    if variant not in NUMBER_TYPES:
        raise ModelError(
            f"{path} cannot be timed as {variant!r}", hint=f"it can as: {', '.join(NUMBER_TYPES)}"
        )
    weights = sum(file.stat().st_size for file in path.glob("*.safetensors"))
    if not weights and any(path.rglob("*.onnx")):
        raise BundleError(f"{path} is not a bundle: it has no {MANIFEST}", hint=WHOLE)
    if not weights:
        raise ModelError(f"{path} has no *.safetensors", hint="save the model as safetensors")
    return Subject(
        name=f"{label_of(path)}:torch-{variant}",
        kind="checkpoint",
        path=path,
        variant=variant,
        size_bytes=weights,
        max_length=checkpoint.max_length,
    )


def label_of(path: Path) -> str:
    """A short name of a directory for tables."""
    return path.resolve().name
