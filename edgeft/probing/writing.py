"""Writes an encoder with a head for its vectors, and says how often the two are right."""

from typing import Any

import numpy as np
import torch

from edgeft.artifacts import Dataset, Draft
from edgeft.data.rows import label_indices, open_split
from edgeft.probing.heads import Head
from edgeft.probing.nearness import Kept
from edgeft.probing.probe import Reader, put, remember
from edgeft.runtime.outputs import Outputs
from edgeft.training.loop import save_checkpoint


def write_headed(
    draft: Draft[Any],
    reader: Reader,
    head: Head,
    data: Dataset,
    examples: Kept | None = None,
) -> dict[str, float]:
    """Give a reader's model a head, with `examples` if any, write both into a Checkpoint's draft.

    Returns the task's metrics on the validation texts of `data`.
    """
    put(head, reader.model)
    if examples is not None:
        remember(examples, reader.model)
    save_checkpoint(draft, reader.model, reader.tokenizer, reader.max_length, data.labels)
    validation = open_split(data, "validation")
    vectors = torch.tensor(np.asarray(reader.vectors(validation)))
    with torch.inference_mode():
        logits = reader.model.to("cpu").classifier(vectors).numpy()
    answers = label_indices(validation, data.labels)
    return reader.context.task.score(answers, Outputs(logits), data.labels).metrics
