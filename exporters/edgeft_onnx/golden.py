"""Texts that a bundle is tested by, where others than the data's own are to be shipped in it."""

from pathlib import Path

from edgeft.data.asked import read_asked
from edgeft.plugin import DataError, Task
from edgeft.runtime.given import Given

GOLDEN_TEXTS = 56
"""texts that a bundle is tested by, beside odd ones"""
FEWEST = 32
"""of a file, at least"""


def given_golden(file: Path | None, task: Task) -> list[Given]:
    """The texts of a file to test a bundle by, GOLDEN_TEXTS at most; none where none is named.

    Raises DataError for a file that has no texts of the task, or fewer than FEWEST.
    """
    if file is None:
        return []
    texts = dict.fromkeys(
        each for each in read_asked(file, task, "text", "pair") if "".join(each).strip()
    )
    if len(texts) < FEWEST:
        raise DataError(
            f"golden: {file} holds {len(texts)} different texts", hint=f"write {FEWEST} or more"
        )
    return list(texts)[:GOLDEN_TEXTS]
