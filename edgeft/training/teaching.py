"""A teacher's answers as batches hold them, beside the rows that a student learns from."""

import numpy as np
import torch

from edgeft.training.batches import Encoded, Extras

TEACHER = "teacher_logits"


def teaching(encoded: Encoded, values: np.ndarray) -> Extras:
    """What a batch of row numbers gets besides its texts: `teacher_logits`.

    `values` are (rows, labels), and the batch's (batch, labels); or of a task of tokens those of
    the rows' units, (units, labels), and the batch's (batch, longest, labels), NaN at other
    tokens.
    """
    if encoded.units is None:
        return lambda rows: {TEACHER: torch.from_numpy(np.asarray(values[rows]))}
    units = encoded.units

    def extras(rows: np.ndarray) -> dict[str, torch.Tensor]:
        longest = int(encoded.lengths[rows].max())
        found = np.full((len(rows), longest, values.shape[1]), np.nan, dtype=np.float32)
        for place, row in enumerate(rows):
            own = slice(units.starts[row], units.starts[row + 1])
            found[place, units.places[own]] = values[own]
        return {TEACHER: torch.from_numpy(found)}

    return extras
