"""A teacher's answers: computed once by the main process, kept by content, mapped from disk."""

from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.context import Context
from edgeft.data.rows import inputs_of
from edgeft.errors import ModelError
from edgeft.evaluation import said_in
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Task
from edgeft.training.arrays import kept_array, key_of
from edgeft.training.batches import Units
from edgeft.training.encoding import load_tokenizer, longest_input
from edgeft.training.tokenizing import encode


def teacher_outputs(
    teacher: Checkpoint | Bundle, rows: datasets.Dataset, folder: Path, context: Context
) -> Outputs:
    """What the teacher says of `rows`; its values are float32 and read-only.

    The teacher reads texts with its own tokenizer, so the student's does not matter. Its values are
    kept in `folder` under a hash of teacher and texts, and taken from there the next time. In a
    distributed run the main process computes and the others wait for the file. Raises ModelError
    for a teacher that answers with something that is no number.
    """
    file = folder / f"{content_key(teacher, rows)}.npy"
    units = units_of(teacher, rows, context.task) if context.task.per_token else None
    count = len(rows) if units is None else len(units.spans)

    def computed() -> np.ndarray:
        found = said_in(teacher, rows, context).values
        if not np.isfinite(found).all():
            raise ModelError(
                f"the teacher {teacher.path} answers with logits that are no numbers",
                hint="train it again with a lower learning_rate, or name another",
            )
        return found

    shape = count, len(teacher.labels) or None
    values = kept_array(file, shape, computed)
    return Outputs(values) if units is None else Outputs(values, units.starts, units.spans)


def units_of(teacher: Checkpoint | Bundle, rows: datasets.Dataset, task: Task) -> Units:
    """The units of rows that a teacher of tokens answers, by its own tokenizer."""
    tokenizer = load_tokenizer(teacher.path)
    length = teacher.manifest.max_length or longest_input(task.load_model(teacher.path), tokenizer)
    found = encode(inputs_of(rows), tokenizer, length, units=True, windows=True)
    if found.units is None or found.firsts is None:
        raise ValueError("encode was asked for units and gave none")
    return replace(found.units, starts=found.units.starts[found.firsts])


def content_key(teacher: Checkpoint | Bundle, rows: datasets.Dataset) -> str:
    """A hash of all that decides the logits: the teacher's files and limits, and the texts."""
    variant = teacher.manifest.chosen if isinstance(teacher, Bundle) else ""
    return key_of(rows, teacher.digest_now, variant, teacher.manifest.max_length)
