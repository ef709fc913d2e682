"""Recognises a full disk behind the errors of those who write weights."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from edgeft.errors import OutputError

NOTHING_LEFT = 2**20
"""bytes: with less than that free, a failure to write is put down to the disk"""


@contextmanager
def naming_a_full_disk(folder: Path, out: Path) -> Iterator[None]:
    """Turn what safetensors and torch raise when `folder`'s disk is full into an OutputError."""
    try:
        yield
    except (SafetensorError, RuntimeError) as error:
        place = next(each for each in (folder, *folder.parents) if each.exists())
        if "No space left" in str(error) or shutil.disk_usage(place).free < NOTHING_LEFT:
            raise OutputError(
                f"the disk is full: {out} could not be written",
                hint="free some space, then run again",
            ) from error
        raise
