"""Examines an installation: versions, CPU, providers that really start, combinations known bad."""

import importlib
import importlib.util
import re
from dataclasses import dataclass, field
from typing import Any

from edgeft.errors import first_line
from edgeft.steps import installed_version

PACKAGES = (
    "edgeft", "numpy", "onnxruntime", "onnxruntime-gpu", "tokenizers", "torch", "transformers",
    "datasets", "accelerate", "peft", "safetensors", "onnx", "onnxscript",
    "scikit-learn", "matplotlib",
)  # fmt: skip

FLOORS = {
    "onnxruntime": ("1.20", "older ones cannot open the graphs that edgeft writes"),
    "torch": ("2.10", "older ones have published security advisories"),
    "transformers": ("5.10", "older ones have published security advisories"),
    "onnx": ("1.21", "older ones have published security advisories"),
}
"""Oldest version of a package that edgeft works with, and why."""

IDENTITY = (
    b'\x08\x07:7\n\x10\n\x01x\x12\x01y"\x08Identity\x12\x01gZ\x0f\n\x01x\x12\n\n\x08\x08\x01\x12'
    b"\x04\n\x02\x08\x01b\x0f\n\x01y\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01B\x04\n\x00\x10\r"
)
"""An ONNX model of one Identity node on a float32 tensor x of shape (1,): IR 7, opset 13."""

REMOTE = "AzureExecutionProvider"


@dataclass(frozen=True)
class Provider:
    """One execution provider of the installed onnxruntime."""

    name: str
    usable: bool
    reason: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and what to do about it."""

    problem: str
    remedy: str


@dataclass(frozen=True)
class Diagnosis:
    """All that an examination found."""

    machine: dict[str, Any]
    """what `edgeft.benchmark.machine` says of it"""
    packages: dict[str, str]
    providers: list[Provider]
    torch: str
    """what torch can compute with, or why it cannot"""
    findings: list[Finding] = field(default_factory=list)


def examine() -> Diagnosis:
    """Examine this installation; takes a second or two where torch is installed."""
    from edgeft.benchmark.machine import describe_machine

    packages = {name: found for name in PACKAGES if (found := installed_version(name))}
    machine = describe_machine().model_dump(mode="json", exclude={"packages", "date"})
    providers, findings = start_providers()
    torch, about_torch = start_torch()
    return Diagnosis(
        machine=machine,
        packages=packages,
        providers=providers,
        torch=torch,
        findings=[
            *findings,
            *about_torch,
            *outdated(packages),
            *bad_pairs({**packages, "optimum-onnx": installed_version("optimum-onnx")}),
            *broken_plugins(),
        ],
    )


def start_providers() -> tuple[list[Provider], list[Finding]]:
    """Run a model of one node on every provider, for a listed one may still not start."""
    try:
        onnxruntime = importlib.import_module("onnxruntime")
    except Exception as error:  # a broken binary may raise anything
        return [], [
            Finding(
                f"onnxruntime cannot be imported: {first_line(error)}",
                "pip install --force-reinstall onnxruntime",
            )
        ]
    names = [name for name in onnxruntime.get_available_providers() if name != REMOTE]
    providers = [start_provider(onnxruntime, name) for name in names]
    return providers, [
        Finding(
            f"{provider.name} is built into onnxruntime and does not start: {provider.reason}",
            "install the libraries it wants, or go on with the CPU",
        )
        for provider in providers
        if not provider.usable
    ]


def start_provider(onnxruntime: Any, name: str) -> Provider:
    """Run one node on one provider; onnxruntime falls back without a word (onnxruntime#23372)."""
    import numpy as np

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        if name.startswith("CUDA") and hasattr(onnxruntime, "preload_dlls"):
            onnxruntime.preload_dlls()
        session = onnxruntime.InferenceSession(IDENTITY, options, providers=[name])
        session.run(None, {"x": np.ones(1, np.float32)})
    except Exception as error:  # onnxruntime's exceptions share no other ancestor
        return Provider(name, usable=False, reason=first_line(error))
    if session.get_providers()[0] != name:
        return Provider(name, usable=False, reason="it fell back to the CPU")
    return Provider(name, usable=True)


def start_torch() -> tuple[str, list[Finding]]:
    """What torch can compute with; a finding where it is installed and does not import."""
    if importlib.util.find_spec("torch") is None:
        return "not installed: pip install 'edgeft[train]' to train here", []
    try:
        torch = importlib.import_module("torch")
    except Exception as error:  # a missing shared library raises OSError, and others do worse
        problem = f"torch cannot be imported: {first_line(error)}"
        return problem, [Finding(problem, "install it again for this Python and CPU")]
    if torch.cuda.is_available():
        return f"CUDA {torch.version.cuda} on {torch.cuda.get_device_name()}", []
    built = f", though built for CUDA {torch.version.cuda}" if torch.version.cuda else ""
    return f"CPU{built}", []


def outdated(packages: dict[str, str]) -> list[Finding]:
    """Packages that are older than what edgeft works with."""
    return [
        Finding(
            f"{name} {packages[name]} is older than {floor}: {why}",
            f"pip install -U '{name}>={floor}'",
        )
        for name, (floor, why) in FLOORS.items()
        if name in packages and numbers(packages[name]) < numbers(floor)
    ]


def bad_pairs(packages: dict[str, str]) -> list[Finding]:
    """Packages that are known to be in each other's way."""
    findings = []
    if packages.get("onnxruntime") and packages.get("onnxruntime-gpu"):
        findings.append(
            Finding(
                "onnxruntime and onnxruntime-gpu overwrite each other's files (onnxruntime#26996)",
                "pip uninstall onnxruntime onnxruntime-gpu, then install the one you want",
            )
        )
    if packages.get("optimum-onnx") and numbers(packages.get("transformers", "")) >= (4, 58):
        findings.append(
            Finding(
                f"optimum-onnx {packages['optimum-onnx']} does not work with transformers"
                f" {packages['transformers']} (optimum-onnx#114)",
                "keep optimum-onnx in an environment of its own",
            )
        )
    return findings


def broken_plugins() -> list[Finding]:
    """Plugins that were set aside."""
    from edgeft.errors import EdgeftError
    from edgeft.registry import load_plugins

    try:
        broken = load_plugins().broken
    except EdgeftError as error:
        return [Finding(error.message, error.hint)]
    return [
        Finding(
            f"plugin {plugin.name} is set aside: {plugin.reason}",
            f"upgrade, mend or uninstall {plugin.distribution or 'it'}",
        )
        for plugin in broken
    ]


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: (2, 13, 0) of 2.13.0+cpu."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()
