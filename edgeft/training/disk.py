"""Recognises a full disk behind the errors of those who write weights."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from edgeft.writing import as_output_error

NOTHING_LEFT = 2**20
"""bytes: with less than that free, a failure to write is put down to the disk"""
REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""what a system says that takes no more"""


@contextmanager
def naming_a_full_disk(folder: Path, out: Path) -> Iterator[None]:
    """Turn what safetensors and torch raise when `folder`'s disk is full into an OutputError."""
    try:
        yield
    except (SafetensorError, RuntimeError) as error:
        place = next(each for each in (folder, *folder.parents) if each.exists())
        said = [number for number in REFUSED if os.strerror(number) in str(error)]
        if not said and shutil.disk_usage(place).free < NOTHING_LEFT:
            said = [errno.ENOSPC]
        if said:
            raise as_output_error(OSError(said[0], str(error)), out) from error
        raise
