"""What one model says of units, moved onto the units that another one's tokenizer makes."""

import numpy as np

from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Task


def aligned(
    outputs: Outputs, starts: np.ndarray, spans: np.ndarray, task: Task, names: list[str]
) -> np.ndarray:
    """The values of `outputs` for other units of the same texts, float32 (units, labels).

    `starts` (rows + 1,) says where each row's units begin, `spans` (units, 2) which characters they
    are. Where they are others than those of the outputs, `Task.moved` says what each gets of these
    labels. Two tokenizers share characters and nothing else: numbers of tokens never match
    (trl#4562).
    """
    if outputs.starts is None or outputs.spans is None:
        raise ValueError("these outputs are of whole texts")
    if np.array_equal(outputs.starts, starts) and np.array_equal(outputs.spans, spans):
        return outputs.values
    found = np.full((len(spans), outputs.values.shape[1]), np.nan, dtype=np.float32)
    for row in range(len(starts) - 1):
        theirs = slice(outputs.starts[row], outputs.starts[row + 1])
        own = slice(starts[row], starts[row + 1])
        found[own] = task.moved(outputs.values[theirs], outputs.spans[theirs], spans[own], names)
    return found
