"""What a bundle's edgeft.json says, read with the standard library alone.

The same fields as `edgeft.manifests.BundleManifest`, which needs pydantic; a test compares them.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin

from edgeft.errors import BundleError

MANIFEST = "edgeft.json"
SCHEMA = 1
"""the newest schema that this runtime reads"""
TOKENIZER = "tokenizer.json"
CARD = "README.md"
"""the model card, which people may edit: no answer depends on it"""
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".xz", ".7z")
WHOLE = "copy or make the bundle again, whole"
"""what to do about a bundle that lacks something"""

Side = Literal["left", "right"]
Function = Literal["softmax", "sigmoid", "identity", "tags", "vector", "span", "relation", "mask"]


@dataclass(frozen=True)
class File:
    """One file of the bundle: the sha256 of its bytes in hex, and how many they are."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Pad:
    """How rows of a batch are made equally long."""

    id: int = 0
    token: str = "[PAD]"
    type_id: int = 0
    side: Side = "right"


@dataclass(frozen=True)
class Decoding:
    """How the graph's output becomes an answer."""

    output: str = "logits"
    function: Function = "softmax"
    pairs: bool = False
    temperature: float = 1.0
    thresholds: list[float] = field(default_factory=list)
    longest: int = 30


@dataclass(frozen=True)
class Variant:
    """One graph of the bundle."""

    file: str
    kind: str
    opset: int
    ir_version: int
    weight_type: str
    cpu: str = ""
    profile: str = ""
    scales: str = ""
    session: dict[str, Any] = field(default_factory=dict)

    @property
    def shares_scales(self) -> bool:
        """Whether the rows of a batch share a scale, so that what is said of one depends on all."""
        return self.kind.endswith("dynamic")


@dataclass(frozen=True)
class Manifest:
    """The whole of a bundle's edgeft.json. docs/bundle-format.md explains every field."""

    kind: Literal["bundle"]
    schema_version: int = SCHEMA
    edgeft: str = ""
    task: str = ""
    labels: list[str] = field(default_factory=list)
    fingerprint: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    minimum_runtime: str = ""
    minimum_onnxruntime: str = ""
    inputs: list[str] = field(default_factory=list)
    decoding: Decoding = field(default_factory=Decoding)
    max_length: int = 0
    truncation_side: Side = "right"
    pad: Pad = field(default_factory=Pad)
    variants: dict[str, Variant] = field(default_factory=dict)
    chosen: str = ""
    choice: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    benchmark: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        """Check and convert what was read from JSON; raises BundleError naming the field."""
        manifest = convert(cls, found, "")
        if not isinstance(manifest, cls):
            raise TypeError(f"{manifest!r} is no {cls.__name__}")
        return manifest

    def variant(self, name: str | None = None) -> tuple[str, Variant]:
        """The variant of that name, or the chosen one; raises BundleError."""
        name = name or self.chosen
        if name not in self.variants:
            have = ", ".join(sorted(self.variants)) or "none"
            raise BundleError(f"the bundle has no variant {name!r}", hint=f"it has: {have}")
        return name, self.variants[name]


def read_manifest(bundle: Path) -> Manifest:
    """Read `bundle`/edgeft.json; raises BundleError for what is missing, foreign or too new."""
    path = bundle / MANIFEST
    if bundle.is_file():
        raise BundleError(
            f"{bundle} is a file, not a bundle",
            hint="unpack it, and name the folder"
            if bundle.suffix in ARCHIVES
            else "name the folder that edgeft.json stands in",
        )
    if not bundle.is_dir():
        page = bundle.with_name("report.md")
        failed = bundle.name == "bundle" and page.is_file()
        hint = f"the run there delivered none: see {page}" if failed else "check the path"
        raise BundleError(f"no bundle at {bundle}", hint=hint)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        inside = bundle / "bundle"
        raise BundleError(
            f"{bundle} is not a bundle: it has no {MANIFEST}",
            hint=f"name {inside}" if inside.is_dir() else "name a bundle directory",
        ) from error
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read: {error}", hint=WHOLE) from error
    what = found.get("kind") if isinstance(found, dict) else type(found).__name__
    if what is None:
        raise BundleError(f"{path} does not say what lies there", hint=WHOLE)
    if what != "bundle":
        raise BundleError(f"{bundle} is a {what}, not a bundle", hint="name a bundle directory")
    schema = found.get("schema_version", SCHEMA)
    if isinstance(schema, int) and schema > SCHEMA:
        raise BundleError(
            f"{bundle} was written in schema {schema}, this edgeft reads {SCHEMA}",
            hint="upgrade: pip install -U edgeft",
        )
    try:
        manifest = Manifest.from_dict(found)
        check(manifest)
    except BundleError as error:
        raise BundleError(f"{path}: {error.message}", hint=error.hint) from error
    return manifest


def check(manifest: Manifest) -> None:
    """Raise BundleError for fields that are well formed but cannot be."""
    if not manifest.labels and manifest.decoding.function != "vector":
        raise BundleError("labels: there are none", hint=WHOLE)
    if len(set(manifest.labels)) < len(manifest.labels):
        raise BundleError("labels: a name stands twice", hint=WHOLE)
    decoding = manifest.decoding
    if not 0 < decoding.temperature < math.inf:
        raise BundleError(f"decoding.temperature: {decoding.temperature} cannot be", hint=WHOLE)
    if decoding.function == "sigmoid" and len(decoding.thresholds) != len(manifest.labels):
        raise BundleError(
            f"decoding.thresholds: {len(decoding.thresholds)} for {len(manifest.labels)} labels",
            hint=WHOLE,
        )
    allowed = (0, len(manifest.labels))
    if decoding.function in ("span", "tags") and len(decoding.thresholds) not in allowed:
        raise BundleError(
            f"decoding.thresholds: {len(decoding.thresholds)}, where none or"
            f" {len(manifest.labels)} belong",
            hint=WHOLE,
        )
    if decoding.longest < 1:
        raise BundleError(
            f"decoding.longest: {decoding.longest} is no number of tokens", hint=WHOLE
        )
    if manifest.max_length < 1:
        raise BundleError(f"max_length: {manifest.max_length} is no number of tokens", hint=WHOLE)
    for name in (*manifest.files, *(each.file for each in manifest.variants.values())):
        if not is_inside(name):
            raise BundleError(f"files: {name!r} lies outside the bundle", hint="do not trust it")
    for name in (TOKENIZER, *(each.file for each in manifest.variants.values())):
        if name not in manifest.files:
            raise BundleError(f"files: {name} is not listed", hint=WHOLE)
    manifest.variant()
    if manifest.minimum_runtime and is_older(own_version(), manifest.minimum_runtime):
        raise BundleError(
            f"minimum_runtime: it needs edgeft {manifest.minimum_runtime}, this is {own_version()}",
            hint="upgrade: pip install -U edgeft",
        )


def own_version() -> str:
    """The version of this edgeft; empty where its files were copied without being installed."""
    try:
        return version("edgeft")
    except PackageNotFoundError:
        return ""


def is_older(have: str, want: str) -> bool:
    """Whether version `have`, if it is known, comes before `want`: numbers compared in turn."""
    numbers = [[int(each) for each in re.findall(r"\d+", text)[:3]] for text in (have, want)]
    return bool(have) and numbers[0] < numbers[1]


def is_inside(name: str) -> bool:
    """Whether a file name from a manifest stays below the bundle, on every operating system."""
    parts = name.split("/")
    return not any(
        part in ("", ".", "..") or "\\" in part or ":" in part or "\0" in part for part in parts
    )


def refuse_missing(bundle: Path, names: Iterable[str]) -> None:
    """Raise BundleError for the first file that is not there."""
    for name in names:
        if not (bundle / name).is_file():
            raise BundleError(f"{bundle} lacks {name}", hint=WHOLE)


def verify_files(bundle: Path, manifest: Manifest) -> None:
    """Compare every file with its size and checksum; raises BundleError naming the first bad one.

    Sizes first, for they cost nothing; then the checksums, several files at a time. The card is
    left out.
    """
    files = {name: file for name, file in manifest.files.items() if name != CARD}
    refuse_missing(bundle, files)
    for name, file in files.items():
        path = bundle / name
        if path.stat().st_size != file.bytes:
            raise BundleError(
                f"{path} has {path.stat().st_size} bytes where {file.bytes} were written",
                hint=WHOLE,
            )
    with ThreadPoolExecutor(4) as pool:
        sums = pool.map(lambda name: sha256(bundle / name), files)
        for (name, file), found in zip(files.items(), sums, strict=True):
            if found != file.sha256:
                raise BundleError(
                    f"{bundle / name} is not the file that was written: its checksum differs",
                    hint=WHOLE,
                )


def sha256(path: Path) -> str:
    """The checksum of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def convert(kind: Any, value: Any, place: str) -> Any:
    """Turn a JSON value into what a field's type says; raises BundleError naming the place.

    Keys that no field knows are left out: a later edgeft may write more within this schema.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        entries = expect(dict, value, place)
        known = {}
        for each in fields(kind):
            inner = f"{place}.{each.name}".lstrip(".")
            if each.name in entries:
                known[each.name] = convert(each.type, entries[each.name], inner)
            elif each.default is MISSING and each.default_factory is MISSING:
                raise BundleError(f"{inner} is missing", hint="make the bundle again")
        return kind(**known)
    if origin is list:
        rows = expect(list, value, place)
        return [convert(arguments[0], each, f"{place}.{n}") for n, each in enumerate(rows)]
    if origin is dict:
        entries = expect(dict, value, place)
        return {key: convert(arguments[1], each, f"{place}.{key}") for key, each in entries.items()}
    if origin is Literal:
        if value not in arguments:
            known_values = ", ".join(map(repr, arguments))
            raise BundleError(
                f"{place}: {value!r} is unknown, this edgeft knows {known_values}",
                hint="upgrade: pip install -U edgeft",
            )
        return value
    return value if kind is Any else expect(kind, value, place)


def expect(kind: type, value: Any, place: str) -> Any:
    """The value, if it is of that type; raises BundleError naming the place."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BundleError(
            f"{place}: {type(value).__name__} where {kind.__name__} belongs",
            hint="make the bundle again",
        )
    return value
