"""Goes on after an interruption: what a killed training left in its scratch directory."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edgeft.context import Context
from edgeft.processes import is_main, world_size
from edgeft.progress import Progress
from edgeft.writing import write_text

Found = TypeVar("Found")
FINGERPRINT = "fingerprint"
BEGUN = "begun"
"""a file that stands in the scratch directory from when a training starts in it"""
STATE = "trainer_state.json"
"""what the Trainer writes last into a checkpoint: one that has it is whole"""


def prepare_scratch(context: Context) -> None:
    """Make the scratch directory, emptied first unless the same step left it there."""
    if not is_main():
        return
    mark = context.scratch / FINGERPRINT
    same = context.fingerprint and mark.is_file() and mark.read_text() == context.fingerprint
    if not same:
        shutil.rmtree(context.scratch, ignore_errors=True)
        context.scratch.mkdir(parents=True)
        write_text(mark, context.fingerprint)


def remembered(file: Path, find: Callable[[], Found]) -> Found:
    """What was found before an interruption and stands in a file as JSON, or else is found now.

    Several processes that find it together remember nothing: all of them have to do the same.
    """
    if world_size() > 1:
        return find()
    if not file.is_file():
        write_text(file, json.dumps(find()))
    found: Found = json.loads(file.read_text(encoding="utf-8"))
    return found


def where_to_begin(context: Context, epochs: float, progress: Progress) -> str | None:
    """The checkpoint that a training of `epochs` goes on from, if any.

    Tells of a training that was begun before where this one goes on.
    """
    found = last_checkpoint(context)
    begun = context.scratch / BEGUN
    if found:
        done = round(epochs_done(found), 2)
        progress.note(f"{context.out.name}: goes on after epoch {done:g} of {epochs:g}")
    elif begun.exists():
        progress.note(f"{context.out.name}: starts again, nothing of it was saved yet")
    if is_main():
        begun.touch()
    return found


def epochs_done(checkpoint: str | None) -> float:
    """The passes over the texts that a training had made at its checkpoint; 0 without one."""
    if checkpoint is None:
        return 0.0
    return float(json.loads((Path(checkpoint) / STATE).read_text(encoding="utf-8"))["epoch"])


def last_checkpoint(context: Context) -> str | None:
    """The newest whole checkpoint in the scratch directory, if any; unfinished ones go."""
    whole: list[tuple[int, Path]] = []
    for path in context.scratch.glob("checkpoint-*"):
        step = path.name.rpartition("-")[2]
        if step.isdigit() and is_whole(path):
            whole.append((int(step), path))
        elif is_main():
            shutil.rmtree(path, ignore_errors=True)
    return str(max(whole)[1]) if whole else None


def is_whole(checkpoint: Path) -> bool:
    """Whether the Trainer finished writing this checkpoint."""
    try:
        json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
