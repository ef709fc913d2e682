"""Turns the checkpoint into every peer's model, once.

A model lies under `environments/models` in a folder named by all that it is made of, so a second
run finds it, and another checkpoint, recipe or version makes another.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeft.artifacts import Checkpoint
from edgeft.writing import write_text
from peers.catalogue import ENVIRONMENTS, SETTINGS, Peer, Settings
from peers.environments import module, python_of, run

HERE = Path(__file__).parent
SOURCES = ("edgeft", "plugins/edgeft_quantize", "exporters")
"""what decides how edgeft exports and quantizes, relative to the repository"""


@dataclass(frozen=True)
class Inputs:
    """What models are made of."""

    checkpoint: Path
    digest: str
    """of the checkpoint's files"""
    max_length: int
    train: Path
    test: Path
    label: str
    """column of the labels"""
    calibration: Path
    """JSON list of training texts"""
    environments: Path
    bundle: Path

    def config(self, **more: Any) -> dict[str, Any]:
        """What a `make_*` or `run_*` module is told."""
        return {
            "checkpoint": str(self.checkpoint),
            "max_length": self.max_length,
            "calibration": str(self.calibration),
            "threads": 1,
            **more,
        }


def model_of(peer: Peer, inputs: Inputs) -> Path:
    """The folder of a peer's model, made if it is not there; raises PeerError."""
    if not peer.make:
        return inputs.checkpoint
    if peer.make == "bundle":
        return inputs.bundle
    if peer.make == "edgeft":
        return edgeft_bundle(inputs, SETTINGS[peer.name])
    python = python_of(peer.environment, inputs.environments)
    source = (HERE / f"{peer.make}.py").read_text(encoding="utf-8")
    parts: list[object] = [source, ENVIRONMENTS[peer.environment]]
    if peer.make == "make_openvino":
        parts.append(inputs.calibration.read_text(encoding="utf-8"))
    place = folder_of(peer.make, inputs, parts)
    if not place.is_dir():
        partial = fresh(place)
        given = inputs.config(out=str(partial))
        run([*module(peer.make, python), json.dumps(given)], cwd=partial)
        partial.rename(place)
    return place


def edgeft_bundle(inputs: Inputs, settings: Settings) -> Path:
    """`edgeft export`, then `edgeft quantize` with tables in int8: no peer has smaller ones."""
    place = folder_of("edgeft", inputs, [source_digest(), settings])
    if not place.is_dir():
        partial = fresh(place)
        edgeft = [sys.executable, "-m", "edgeft"]
        data = ["--data", str(inputs.train), "--test", str(inputs.test), "--label", inputs.label]
        given = ["--checkpoint", str(inputs.checkpoint), *data, "--out", str(partial / "float")]
        run([*edgeft, "export", "onnx", *given, *(f"--set={each}" for each in settings.export)])
        given = ["--bundle", str(partial / "float"), *data, "--out", str(partial / "bundle")]
        given += [f"--set={each}" for each in ("embeddings=int8", *settings.quantize)]
        run([*edgeft, "quantize", "dynamic", *given])
        partial.rename(place)
    return place / "bundle"


def widened(checkpoint: Checkpoint, tokens: int, folder: Path) -> Checkpoint:
    """The checkpoint where it takes this many tokens, or else a copy that does, under `folder`."""
    if not 0 < checkpoint.max_length < tokens:
        return checkpoint
    out = folder / f"checkpoint-{checkpoint.digest[:12]}-{tokens}"
    if not out.is_dir():
        with Checkpoint.create(out) as draft:
            for name in checkpoint.files():
                shutil.copy(checkpoint.path / name, draft.path / name)
            settings = draft.path / "tokenizer_config.json"
            told = json.loads(settings.read_text(encoding="utf-8"))
            write_text(settings, json.dumps({**told, "model_max_length": tokens}))
            draft.manifest = checkpoint.manifest.model_copy(update={"max_length": tokens})
    return Checkpoint.open(out)


def folder_of(name: str, inputs: Inputs, parts: Iterable[object]) -> Path:
    """Where a model lies that is made of these parts."""
    told = json.dumps([inputs.digest, inputs.max_length, [str(part) for part in parts]])
    key = hashlib.sha256(told.encode()).hexdigest()[:12]
    return inputs.environments / "models" / f"{name}-{key}"


def fresh(place: Path) -> Path:
    """An empty folder beside `place`, to be renamed when it is complete."""
    partial = place.with_name(f"{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def source_digest() -> str:
    """A digest of the code that exports and quantizes."""
    found = hashlib.sha256()
    for source in SOURCES:
        for path in sorted((HERE.parents[1] / source).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()


def write_calibration(path: Path, texts: list[str]) -> Path:
    """Keep the training texts that peers calibrate on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(texts))
    return path
