"""Which exceptions are a user's to mend, and the two lines and the exit code they end in."""

import errno
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import typer

from edgeft.errors import EdgeftError
from edgeft.extras import OTHERS, TRAIN, remedy

RESUMED = {"run", "finetune", "distill", "prune"}
"""commands that go on where they were stopped, a training from its last checkpoint"""


class Terminated(KeyboardInterrupt):
    """The process was asked to end by SIGTERM, and cleans up as it does after Ctrl-C."""


@dataclass(frozen=True)
class Failure:
    """How a command ends badly."""

    message: str
    hint: str
    code: int = 1
    table: Sequence[Sequence[str]] = ()


def explained(error: BaseException, command: str = "") -> Failure | None:
    """What to tell the user about an exception; None for a bug, which keeps its traceback.

    `command` is what was running, such as `run`.
    """
    for each in chain(error):  # libraries wrap a Ctrl-C that met them at work in their own errors
        if isinstance(each, KeyboardInterrupt | typer.Abort):  # Abort is Ctrl-C at a question
            return interruption(each, command)
    if isinstance(error, EdgeftError):
        return Failure(error.message, error.hint, table=error.table)
    if isinstance(error, ModuleNotFoundError):
        module = (error.name or "").partition(".")[0]
        if module in TRAIN or module in OTHERS:
            return Failure(f"this needs {module}", remedy(module))
    if is_full_disk(error):
        return Failure("the disk is full", "free some space, then run again")
    return None


def interruption(error: BaseException, command: str) -> Failure:
    """What was interrupted, how, and how to go on."""
    name = f"edgeft {command}".rstrip()
    hint = (
        "the same command goes on from what was finished"
        if command in RESUMED
        else "run it again: what stood there before is kept, and nothing half-written is left"
    )
    if isinstance(error, Terminated):
        return Failure(f"{name} was ended by SIGTERM", hint, code=128 + signal.SIGTERM)
    return Failure(f"{name} was interrupted", hint, code=128 + signal.SIGINT)


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Raise Terminated where SIGTERM arrives inside the block, so that it is cleaned up."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread: it gets no signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def is_full_disk(error: BaseException) -> bool:
    """Whether a full disk is behind an exception, whatever library wrapped it in its own."""
    return any(
        (isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT))
        or "No space left on device" in str(each)  # from Rust, as safetensors words it
        for each in chain(error)
    )


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and one after the other what was behind it; once each, if they form a ring."""
    each: BaseException | None = error
    seen = set()
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def drop_output() -> None:
    """Point stdout at nothing, so that Python's last flush has no broken pipe to complain of."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is no file of the system
        return
