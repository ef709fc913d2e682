"""Several teachers that answer as one: their logits' average, computed once and kept by content."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import datasets
import numpy as np

from edgeft.artifacts import Bundle, Checkpoint, open_model
from edgeft.distillation.teacher_logits import content_key, teacher_logits
from edgeft.errors import ModelError
from edgeft.steps import Context
from edgeft.training.arrays import kept_array


def ensemble_logits(
    teachers: Sequence[Checkpoint | Bundle], rows: datasets.Dataset, folder: Path, context: Context
) -> np.ndarray:
    """The mean of the teachers' logits for the texts of `rows`, (rows, labels) float32, read-only.

    The columns are the labels of the first teacher, in its order; the others' are matched by name.
    A single teacher's logits are its own. Raises ModelError for a teacher that lacks a label.
    """
    if len(teachers) == 1:
        return teacher_logits(teachers[0], rows, folder, context)
    columns = [columns_of(teacher, teachers[0].labels) for teacher in teachers]
    keys = [
        f"{content_key(teacher, rows)} {found}"
        for teacher, found in zip(teachers, columns, strict=True)
    ]
    file = folder / f"{hashlib.sha256('/'.join(keys).encode()).hexdigest()[:32]}.npy"
    shape = (len(rows), len(teachers[0].labels))

    def average() -> np.ndarray:
        total = np.zeros(shape, dtype=np.float32)
        for teacher, column in zip(teachers, columns, strict=True):
            total += teacher_logits(teacher, rows, folder, context)[:, column]
        return total / len(teachers)

    return kept_array(file, shape, average)


def open_teachers(paths: Sequence[str], labels: list[str]) -> list[Checkpoint | Bundle]:
    """Further teachers; raises ModelError for one that is not there or lacks a label."""
    teachers = [open_model(Path(path)) for path in paths]
    for teacher in teachers:
        columns_of(teacher, labels)
    return teachers


def columns_of(teacher: Checkpoint | Bundle, labels: list[str]) -> list[int]:
    """Where a teacher's logits have these labels; raises ModelError where it lacks one."""
    unknown = [label for label in labels if label not in teacher.labels]
    if unknown:
        raise ModelError(
            f"the teacher {teacher.path} does not know the label {unknown[0]!r} of the first",
            hint="teachers of one student have to know the same labels",
        )
    return [teacher.labels.index(label) for label in labels]
