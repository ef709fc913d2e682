"""A loss that sees more of a model than its logits, and may have weights of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

NAME = "objective"


class Objective(nn.Module):
    """What a training minimizes, given all that the model answers.

    Weights of its own, such as projections, are trained beside the model's, under DDP as well,
    and stay behind when the training is over. On held-out texts the loss is always the task's own.
    """

    asks: dict[str, bool]
    """what the model's `forward` is asked for besides logits, such as output_hidden_states"""

    def forward(self, outputs: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The loss () of a batch with input_ids, attention_mask and labels."""
        raise NotImplementedError


@contextmanager
def attached(model: PreTrainedModel, loss: object) -> Iterator[None]:
    """Make an objective a part of the model while it is trained; other losses have no weights."""
    if not isinstance(loss, Objective):
        yield
        return
    model.add_module(NAME, loss)
    try:
        yield
    finally:
        delattr(model, NAME)
