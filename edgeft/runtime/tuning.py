"""What `edgeft tune` found to be fastest on this machine: tuning.json, beside the manifest.

It is no part of the bundle: no checksum covers it, and it applies only to the machine and the
bundle it was measured on. One that does not fit, or is damaged, is ignored with a note.
"""

import hashlib
import json
import logging
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from edgeft.runtime.manifest import MANIFEST, Manifest
from edgeft.runtime.processor import CPUINFO
from edgeft.runtime.session import known
from edgeft.runtime.threads import available_threads

log = logging.getLogger(__name__)

TUNING = "tuning.json"
SCHEMA = 1


@dataclass(frozen=True)
class Tuning:
    """What to load a bundle with on this machine."""

    variant: str
    session: dict[str, Any]
    """session options, as a variant of the manifest has them"""
    threads: int | None
    """threads that work together on one text; None where one alone is fastest"""


def read_tuning(bundle: Path, manifest: Manifest) -> Tuning | None:
    """What was measured for this bundle on this machine; None, with a note, where none was."""
    path = bundle / TUNING
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        why = misfit(found, bundle, manifest)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = f"it cannot be read: {error}"
    if why:
        log.warning("%s is ignored: %s; `edgeft tune` writes a new one", path, why)
        return None
    return Tuning(found["variant"], known(found["session"]), found["threads"])


def misfit(found: Any, bundle: Path, manifest: Manifest) -> str:
    """Why what was read does not count here; empty where it does."""
    if not isinstance(found, dict) or found.get("schema_version") != SCHEMA:
        return "it is of another schema"
    if found.get("bundle") != bundle_print(bundle):
        return "it was measured on another bundle"
    here, there = machine(), found.get("machine")
    if there != here:
        told = there if isinstance(there, dict) else {}
        other = [f"{key} {told.get(key)!r}" for key in here if told.get(key) != here[key]]
        return f"it was measured elsewhere: {', '.join(other)}"
    variant, session, threads = (found.get(key) for key in ("variant", "session", "threads"))
    if not isinstance(variant, str) or variant not in manifest.variants:
        return f"the bundle has no variant {variant!r}"
    if not isinstance(session, dict):
        return f"{session!r:.60} are no session options"
    if threads is not None and (type(threads) is not int or not 1 <= threads <= here["threads"]):
        return f"{threads!r:.60} is no number of threads here"
    return ""


def bundle_print(bundle: Path) -> str:
    """A hash of the manifest, which holds the checksums of all other files."""
    return hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest()


def machine() -> dict[str, Any]:
    """What a measurement depends on: processor, usable threads, architecture, onnxruntime."""
    return {
        "cpu": cpu_model(),
        "threads": available_threads(),
        "architecture": platform.machine(),
        "onnxruntime": onnxruntime.__version__,
    }


def cpu_model() -> str:
    """The processor as Linux or Python names it, with family, model and stepping where told."""
    told: dict[str, str] = {}
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, _, value = line.partition(":")
        told.setdefault(name.strip(), value.strip())
    keys = ("model name", "Model", "cpu family", "model", "stepping", "CPU part")
    words = [told[key] for key in keys if told.get(key)]
    return " ".join(words) or platform.processor()
