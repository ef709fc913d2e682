"""Noise that waits for another process to make copies, too; in a file, so that all find it."""

import os
import time
from pathlib import Path
from random import Random

from edgeft_augment.noise import swap

PATIENCE = 60.0
"""seconds"""


def meeting(
    words: list[str], rate: float, random: Random, *, folder: Path, wanted: int
) -> list[str]:
    """The words with some exchanged, once as many processes as wanted have left their ids.

    Raises TimeoutError where they do not come.
    """
    (folder / str(os.getpid())).touch()
    end = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < wanted:
        if time.monotonic() > end:
            raise TimeoutError(f"fewer than {wanted} processes make copies")
        time.sleep(0.01)
    return swap(words, rate, random)
