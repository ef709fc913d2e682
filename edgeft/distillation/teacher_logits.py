"""A teacher's logits: computed once by the main process, kept by content, mapped from disk."""

import hashlib
import logging
import os
import time
from pathlib import Path

import datasets
import numpy as np

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.errors import ModelError
from edgeft.evaluation import logits_of
from edgeft.processes import is_main
from edgeft.steps import Context
from edgeft.training.encoding import texts_of

WAIT = 0.2
log = logging.getLogger(__name__)


def teacher_logits(
    teacher: Checkpoint | Bundle, rows: datasets.Dataset, folder: Path, context: Context
) -> np.ndarray:
    """The teacher's logits for the texts of `rows`, (rows, teacher's labels) float32, read-only.

    The teacher reads texts with its own tokenizer, so the student's does not matter. They are kept
    in `folder` under a hash of teacher and texts, and taken from there the next time. In a
    distributed run the main process computes and the others wait for the file. Raises ModelError
    for a teacher that answers with something that is no number.
    """
    file = folder / f"{content_key(teacher, rows)}.npy"
    shape = (len(rows), len(teacher.labels))
    found = kept(file, shape)
    if found is not None:
        log.info("teacher logits of %d texts taken from %s", len(rows), file)
        return found
    if is_main():
        logits = logits_of(
            teacher,
            rows["text"],
            task=context.task,
            device=context.device,
            threads=context.threads,
            bf16=True,  # half the time, and far closer than a student comes
            progress=context.progress,
        )
        if not np.isfinite(logits).all():
            raise ModelError(
                f"the teacher {teacher.path} answers with logits that are no numbers",
                hint="train it again with a lower learning_rate, or name another",
            )
        keep(file, logits)
    return awaited(file, shape)


def content_key(teacher: Checkpoint | Bundle, rows: datasets.Dataset) -> str:
    """A hash of all that decides the logits: the teacher's files and limits, and the texts."""
    found = hashlib.sha256(teacher.digest.encode())
    variant = teacher.manifest.chosen if isinstance(teacher, Bundle) else ""
    found.update(f"/{variant}/{teacher.manifest.max_length}/{len(rows)}".encode())
    for text in texts_of(rows):
        encoded = text.encode("utf-8", "surrogatepass")
        found.update(len(encoded).to_bytes(8, "little"))
        found.update(encoded)
    return found.hexdigest()[:32]


def kept(file: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """The logits in `file`, memory-mapped; None where it is missing, damaged or another's."""
    try:
        logits = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return logits if logits.shape == shape and logits.dtype == np.float32 else None


def keep(file: Path, logits: np.ndarray) -> None:
    """Write the logits as a whole file or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.partial-{os.getpid()}")
    try:
        with partial.open("wb") as stream:
            np.save(stream, logits.astype(np.float32, copy=False), allow_pickle=False)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def awaited(file: Path, shape: tuple[int, int]) -> np.ndarray:
    """The logits, as soon as the main process has written them."""
    while (logits := kept(file, shape)) is None:
        time.sleep(WAIT)
    return logits
