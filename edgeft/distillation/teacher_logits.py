"""A teacher's logits: computed once by the main process, kept by content, mapped from disk."""

from pathlib import Path

import datasets
import numpy as np

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.errors import ModelError
from edgeft.evaluation import logits_of
from edgeft.steps import Context
from edgeft.training.arrays import kept_array, key_of


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

    def computed() -> np.ndarray:
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
        return logits

    return kept_array(file, (len(rows), len(teacher.labels)), computed)


def content_key(teacher: Checkpoint | Bundle, rows: datasets.Dataset) -> str:
    """A hash of all that decides the logits: the teacher's files and limits, and the texts."""
    variant = teacher.manifest.chosen if isinstance(teacher, Bundle) else ""
    return key_of(rows, teacher.digest, variant, teacher.manifest.max_length)
