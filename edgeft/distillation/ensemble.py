"""Several teachers that answer as one: their logits' average, computed once and kept by content."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import numpy as np

from edgeft.artifacts import Bundle, Checkpoint, Dataset, open_model
from edgeft.context import Context
from edgeft.distillation.teacher_logits import content_key, teacher_outputs
from edgeft.errors import ModelError
from edgeft.runtime.outputs import Outputs
from edgeft.training.aligning import aligned
from edgeft.training.arrays import kept_array


def ensemble_outputs(
    teachers: Sequence[Checkpoint | Bundle], rows: datasets.Dataset, folder: Path, context: Context
) -> Outputs:
    """The mean of what the teachers say of `rows`, its values float32 and read-only.

    The columns are the labels of the first teacher, in its order; the others' are matched by name,
    and so are units by their characters. A single teacher's outputs are its own. Raises ModelError
    for a teacher that lacks a label.
    """
    first = teacher_outputs(teachers[0], rows, folder, context)
    if len(teachers) == 1:
        return first
    columns = [columns_of(teacher, teachers[0].labels) for teacher in teachers]
    keys = [
        f"{content_key(teacher, rows)} {found}"
        for teacher, found in zip(teachers, columns, strict=True)
    ]
    file = folder / f"{hashlib.sha256('/'.join(keys).encode()).hexdigest()[:32]}.npy"

    def average() -> np.ndarray:
        total = np.zeros(first.values.shape, dtype=np.float32)
        for teacher, column in zip(teachers, columns, strict=True):
            found = teacher_outputs(teacher, rows, folder, context).columns(column)
            if first.starts is None or first.spans is None:
                total += found.values
            else:
                names = teachers[0].labels
                total += aligned(found, first.starts, first.spans, context.task, names)
        return total / len(teachers)

    return replace(first, values=kept_array(file, first.values.shape, average))


def truth_from(
    teachers: Sequence[Checkpoint | Bundle], rows: datasets.Dataset, folder: Path, context: Context
) -> np.ndarray | None:
    """What a student is to say of held-out rows, (rows, ...), where these have no answers.

    None where they have: they are the truth then.
    """
    if context.task.labelled:
        return None
    return ensemble_outputs(teachers, rows, folder, context).values


def open_teachers(paths: Sequence[str], labels: list[str]) -> list[Checkpoint | Bundle]:
    """Further teachers; raises ModelError for one that is not there or lacks a label."""
    teachers = [open_model(Path(path)) for path in paths]
    for teacher in teachers:
        columns_of(teacher, labels)
    return teachers


def by_role(
    teacher: Checkpoint | Bundle, others: Sequence[Checkpoint | Bundle], data: Dataset
) -> dict[str, Any]:
    """What a student is made of, by the roles that its history names: teacher, data, teacher_2."""
    further = {f"teacher_{number}": other for number, other in enumerate(others, start=2)}
    return {"teacher": teacher, "data": data, **further}


def columns_of(teacher: Checkpoint | Bundle, labels: list[str]) -> list[int]:
    """Where a teacher's logits have these labels; raises ModelError where it lacks one."""
    place_of = {label: place for place, label in enumerate(teacher.labels)}
    unknown = [label for label in labels if label not in place_of]
    if unknown:
        raise ModelError(
            f"the teacher {teacher.path} does not know the label {unknown[0]!r} of the first",
            hint="teachers of one student have to know the same labels",
        )
    return [place_of[label] for label in labels]
