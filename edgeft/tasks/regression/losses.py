"""The loss of a number."""

import torch
from torch import Tensor


def squared_error(logits: Tensor, numbers: Tensor, weights: Tensor | None = None) -> Tensor:
    """The mean squared difference of logits (batch, 1) from numbers (batch,).

    Over the rows with a number, each multiplied by its weight if there are `weights` (batch,); NaN
    is none, and a batch without any costs 0.
    """
    known = ~torch.isnan(numbers)
    losses = (logits[:, 0].float() - numbers.nan_to_num().float()).square()
    shares = known.float() if weights is None else known * weights
    return (losses * shares).sum() / known.sum().clamp(min=1)
