"""Arrays that are computed once, kept on disk by content and mapped from there."""

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

import datasets
import numpy as np

from edgeft.data.rows import every_text
from edgeft.processes import is_main
from edgeft.writing import whole_file

WAIT = 0.2
log = logging.getLogger(__name__)


def kept_array(
    file: Path, shape: tuple[int, int | None], make: Callable[[], np.ndarray]
) -> np.ndarray:
    """The float32 array in `file`, read-only; the main process makes it where there is none.

    A width of None is whatever `make` gives. In a distributed run the others wait for the file.
    Raises ValueError where `make` gives another shape.
    """
    found = mapped(file, shape)
    if found is not None:
        log.info("%d rows taken from %s", len(found), file)
        return found
    if is_main():
        keep(file, made := make())
        found = mapped(file, shape)
        if found is None:
            raise ValueError(f"an array of {made.shape} was made where {shape} was asked for")
    while found is None:
        time.sleep(WAIT)
        found = mapped(file, shape)
    return found


def mapped(file: Path, shape: tuple[int, int | None]) -> np.ndarray | None:
    """The array in `file`, memory-mapped; None where it is missing, damaged or another's."""
    try:
        found = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    rows, width = shape
    fits = found.ndim == 2 and len(found) == rows and found.shape[1] == (width or found.shape[1])
    return found if fits and found.dtype == np.float32 else None


def keep(file: Path, array: np.ndarray) -> None:
    """Write an array as a whole file or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as partial, partial.open("wb") as stream:
        np.save(stream, array.astype(np.float32, copy=False), allow_pickle=False)


def key_of(rows: datasets.Dataset, *parts: object) -> str:
    """A hash of the texts of `rows`, in their order, and of whatever else decides an array."""
    found = hashlib.sha256("/".join(map(str, [*parts, len(rows)])).encode())
    for text in every_text(rows):
        encoded = text.encode("utf-8", "surrogatepass")
        found.update(len(encoded).to_bytes(8, "little"))
        found.update(encoded)
    return found.hexdigest()[:32]
