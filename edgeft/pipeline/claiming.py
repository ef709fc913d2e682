"""Whose a directory is: one that nobody has, or that an earlier run made; and one at a time."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeft.artifacts import refuse_to_replace
from edgeft.errors import OutputError
from edgeft.pipeline.disk import directory_of
from edgeft.processes import is_main
from edgeft.recipe import Recipe
from edgeft.writing import write_text

log = logging.getLogger(__name__)
LOCK = ".lock"
MARK = "recipe.json"
"""the file that says of a directory that a run made it"""
BUNDLE = "bundle"
"""the directory of what a run delivers"""


def refuse_foreign(out: Path, force: bool) -> None:
    """Raise OutputError where a directory holds something that no run made.

    What it delivers takes no other's place, whatever anybody said. In a distributed run the main
    process alone looks, which alone writes there.
    """
    taken = out.exists() and (not out.is_dir() or any(each.name != LOCK for each in out.iterdir()))
    if taken and not (out / MARK).is_file() and not force and is_main():
        raise OutputError(
            f"{out} exists already, and no run made it", hint="name another, or add --force"
        )
    if is_main():
        refuse_to_replace(out / BUNDLE, force=True)


def refuse_unwritable(out: Path) -> None:
    """Raise OutputError for a directory that this user may not make, or not write to."""
    found = directory_of(out)
    if not os.access(found, os.W_OK | os.X_OK):
        raise OutputError(
            f"{out} cannot be made: {found} may not be written to", hint="name another"
        )


@contextmanager
def claimed(out: Path, recipe: Recipe) -> Iterator[None]:
    """Have `out` as this run's directory, alone, for the block; for a main process.

    Raises OutputError where that cannot be.
    """
    with locked(out / LOCK, f"another run is at work in {out}"):
        write_text(out / MARK, recipe.model_dump_json(indent=1) + "\n")
        yield


@contextmanager
def claimed_by_step(out: Path) -> Iterator[None]:
    """Have `out` for a step alone, for the block; for a main process.

    Raises OutputError where that cannot be. The lock stands beside it, and goes with the block.
    """
    path = out.with_name(f".{out.name}{LOCK}")
    with locked(path, f"another step is at work on {out}") as held:
        try:
            yield
        finally:
            if held:
                with suppress(OSError):  # a system may keep open files
                    path.unlink()


@contextmanager
def locked(path: Path, taken: str) -> Iterator[bool]:
    """Lock the file at `path` for the block; raises OutputError that says `taken` where it is.

    The lock is the system's: it goes with the process, however that ends. Yields whether there is
    one, for not every file system has locks.
    """
    from filelock import FileLock, Timeout

    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made a directory: {error.strerror}", hint="name another place"
        ) from error
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(taken, hint="wait until it ends, or name another --out") from error
    except (OSError, NotImplementedError) as error:  # as of a network's file system
        log.warning("%s cannot be locked, so no second one is kept out: %s", folder, error)
    try:
        yield lock.is_locked
    finally:
        lock.release()
