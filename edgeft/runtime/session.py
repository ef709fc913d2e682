"""Opening an onnxruntime session so that it runs where it says it runs."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import onnxruntime

from edgeft.errors import BundleError, EdgeftError, ProviderError, first_line
from edgeft.runtime.threads import available_threads

log = logging.getLogger(__name__)

Device = Literal["auto", "cpu", "cuda"]
CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
ERRORS_ONLY = 3
FATAL_ONLY = 4
LEVELS = {
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
}
OPTIONS: dict[str, Callable[[Any], bool]] = {
    "disabled_optimizers": lambda value: (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    ),
    "graph_optimization_level": lambda value: isinstance(value, str) and value in LEVELS,
    "arena": lambda value: isinstance(value, bool),
    "memory_pattern": lambda value: isinstance(value, bool),
}
"""Session options and what values they take: graph rewrites of onnxruntime not to make, how many
of them to make, whether freed memory is kept for later, and whether its layout is planned for each
size of input."""


def open_session(
    path: Path,
    device: Device = "auto",
    threads: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> onnxruntime.InferenceSession:
    """Open the graph at `path` with `threads` threads (as many as this process may use, if None).

    `options` are a variant's session options, see `OPTIONS`. Raises ProviderError where
    `device="cuda"` cannot be had; `auto` falls back to the CPU and logs that it did. Raises
    BundleError where the file is no graph that this onnxruntime can run.
    """
    refuse_unknown(device)
    if threads is not None and threads < 1:
        raise EdgeftError(f"{threads} threads cannot compute", hint="use 1 or more, or None")
    options = known(options or {})
    if device == "cuda" or (device == "auto" and CUDA in onnxruntime.get_available_providers()):
        session = on_cuda(path, threads, options, required=device == "cuda")
        if session is not None:
            return session
        log.warning("CUDA cannot be had, the CPU computes")
    return start(path, [CPU], threads, options, ERRORS_ONLY)


def refuse_unknown(device: str) -> None:
    """Raise ProviderError for a device that there is no word for."""
    if device not in ("auto", "cpu", "cuda"):
        raise ProviderError(f"unknown device {device!r}", hint="use auto, cpu or cuda")


def known(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that this edgeft can set; what it cannot is left out, and logged."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name in OPTIONS and OPTIONS[name](value):
            found[name] = value
        else:
            log.info("session option %s is unknown to this edgeft and left out", name)
    return found


def on_cuda(
    path: Path, threads: int | None, options: Mapping[str, Any], *, required: bool
) -> onnxruntime.InferenceSession | None:
    """A session that computes on the GPU; None or ProviderError where it would not.

    onnxruntime itself falls back to the CPU without a word to its caller (onnxruntime#23372).
    """
    if CUDA not in onnxruntime.get_available_providers():
        raise ProviderError(
            f"the installed onnxruntime {onnxruntime.__version__} is built without CUDA",
            hint="pip uninstall onnxruntime, then pip install onnxruntime-gpu; or use device='cpu'",
        )
    if hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # finds the CUDA and cuDNN that pip installed
    severity = ERRORS_ONLY if required else FATAL_ONLY
    session = start(path, [CUDA, CPU], threads, options, severity)
    if session.get_providers()[0] == CUDA:
        return session
    if required:
        raise ProviderError(
            f"onnxruntime {onnxruntime.__version__} could not start its CUDA provider",
            hint="check nvidia-smi, and that the CUDA and cuDNN it wants are installed;"
            " or use device='cpu'",
        )
    return None


def start(
    path: Path,
    providers: list[str],
    threads: int | None,
    options: Mapping[str, Any],
    severity: int,
) -> onnxruntime.InferenceSession:
    """Start a session; raises BundleError where onnxruntime refuses the file."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads or available_threads()
    settings.inter_op_num_threads = 1
    settings.log_severity_level = severity
    # threads that spin while they wait slow the application that embeds us
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.add_session_config_entry("session.inter_op.allow_spinning", "0")
    settings.graph_optimization_level = LEVELS[options.get("graph_optimization_level", "all")]
    settings.enable_cpu_mem_arena = options.get("arena", True)
    settings.enable_mem_pattern = options.get("memory_pattern", True)
    disabled = options.get("disabled_optimizers")
    try:
        session = onnxruntime.InferenceSession(
            str(path), settings, providers=providers, disabled_optimizers=disabled or None
        )
    except Exception as error:  # onnxruntime's exceptions share no other ancestor
        reason = first_line(error)
        raise BundleError(
            f"onnxruntime {onnxruntime.__version__} cannot open {path}: {reason}",
            hint="upgrade onnxruntime, or copy or make the bundle again",
        ) from error
    session.disable_fallback()
    return session
