"""Which exceptions are a user's to mend, and the two lines and the exit code they end in."""

import errno
import os
import sys
from dataclasses import dataclass

import typer

from edgeft.errors import EdgeftError

TRAIN = {
    "accelerate",
    "datasets",
    "huggingface_hub",
    "matplotlib",
    "onnx",
    "onnxscript",
    "optimum",
    "peft",
    "pyarrow",
    "safetensors",
    "sklearn",
    "torch",
    "transformers",
}
"""Modules that come with the extra `edgeft[train]`."""


@dataclass(frozen=True)
class Failure:
    """How a command ends badly."""

    message: str
    hint: str
    code: int = 1


def explained(error: BaseException) -> Failure | None:
    """What to tell the user about an exception; None for a bug, which keeps its traceback."""
    if isinstance(error, EdgeftError):
        return Failure(error.message, error.hint)
    if isinstance(error, KeyboardInterrupt | typer.Abort):  # Abort is Ctrl-C at a question
        return Failure("interrupted", "run it again: what was finished is kept", code=130)
    if isinstance(error, ModuleNotFoundError):
        module = (error.name or "").partition(".")[0]
        if module in TRAIN:
            return Failure(f"this needs {module}", "pip install 'edgeft[train]'")
    if is_full_disk(error):
        return Failure("the disk is full", "free some space, then run again")
    return None


def is_full_disk(error: BaseException) -> bool:
    """Whether a full disk is behind an exception, whatever library wrapped it in its own."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "No space left on device" in str(seen):  # from Rust, as safetensors words it
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def drop_output() -> None:
    """Point stdout at nothing, so that Python's last flush has no broken pipe to complain of."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is no file of the system
        return
