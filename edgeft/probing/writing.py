"""Writes an encoder with a head for its vectors, and says how often the two are right."""

from typing import Any

from edgeft.artifacts import Dataset, Draft
from edgeft.data.rows import label_indices, open_split
from edgeft.probing.heads import Head
from edgeft.probing.probe import Reader, put
from edgeft.runtime.outputs import Outputs
from edgeft.training.loop import save_checkpoint


def write_headed(draft: Draft[Any], reader: Reader, head: Head, data: Dataset) -> dict[str, float]:
    """Give a reader's model a head and write both into the draft of a Checkpoint.

    Returns the task's metrics on the validation texts of `data`.
    """
    put(head, reader.model)
    save_checkpoint(draft, reader.model, reader.tokenizer, reader.max_length, data.labels)
    validation = open_split(data, "validation")
    logits = head.logits(reader.vectors(validation))
    answers = label_indices(validation, data.labels)
    return reader.context.task.score(answers, Outputs(logits), data.labels).metrics
