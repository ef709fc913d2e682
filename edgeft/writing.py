"""Files and directories that are written whole or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from edgeft.errors import EdgeftError, OutputError
from edgeft.processes import has_ended, is_main, own_name

PARTIAL = ".partial-"
"""in the name of what is being written, before that of the process which writes it"""
REPLACED = ".replaced-"
"""in the name of what it takes the place of, for as long as that takes"""


def refuse_to_overwrite(out: Path, force: bool) -> None:
    """Raise OutputError where `out` is taken and nobody said that it may go."""
    if not force and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} exists already", hint="name another, or add --force")


@contextmanager
def building(out: Path) -> Iterator[Path]:
    """Yield a directory beside `out` that takes its place when the block ends well.

    In a distributed run only the main process's directory is kept.
    """
    partial = out.with_name(f".{out.name}{PARTIAL}{own_name()}")
    try:
        for stale in out.parent.glob(f".{escape(out.name)}{PARTIAL}*"):
            if stale == partial or has_ended(stale.name.rpartition(PARTIAL)[2]):
                shutil.rmtree(stale, ignore_errors=True)
        put_back(out)
        partial.mkdir(parents=True)
        yield partial
        if is_main():
            replaced = out.with_name(f".{out.name}{REPLACED}{own_name()}")
            if out.exists():
                out.rename(replaced)
            partial.rename(out)
    except OSError as error:
        raise as_output_error(error, out) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        put_back(out)


def put_back(out: Path) -> None:
    """Bring back what stood at `out` where a process ended as it put something in its place.

    Where another thing stands there by now, it goes.
    """
    for replaced in out.parent.glob(f".{escape(out.name)}{REPLACED}*"):
        owner = replaced.name.rpartition(REPLACED)[2]
        if owner == own_name() or has_ended(owner):
            with suppress(OSError):  # what can be neither moved nor removed stands in nobody's way
                if out.exists():
                    remove(replaced)
                else:
                    replaced.rename(out)


def remove(path: Path) -> None:
    """Remove a directory with all that is in it, or a file."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def as_output_error(error: OSError, out: Path) -> EdgeftError | OSError:
    """An OutputError for what a user can mend (full disk, permissions); else the error itself."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            f"the disk is full: {out} could not be written", hint="free some space, then run again"
        )
    if error.errno == errno.EFBIG:
        return OutputError(
            f"{out} holds a file larger than is allowed here", hint="raise the limit: ulimit -f"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(f"no permission to write {out}", hint="name another place")
    if error.errno in (errno.ENOTDIR, errno.ENAMETOOLONG):
        return OutputError(f"{out} cannot be made: {error.strerror}", hint="name another place")
    return error


def write_text(path: Path, text: str) -> None:
    """Write a whole file or none."""
    with whole_file(path) as partial, partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield where a file is to be written, which takes the place of `path` when that is done.

    Raises OutputError, or OSError, where it cannot be written; then `path` is as it was.
    """
    partial = path.with_name(f".{path.name}{PARTIAL}{own_name()}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise as_output_error(error, path) from error
    finally:
        with suppress(OSError):  # nothing may be removed where nothing may be written
            partial.unlink(missing_ok=True)
