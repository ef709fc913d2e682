"""Mixes what the head reads of two texts, and asks for both labels in the same shares.

Zhang et al. 2018, "mixup" (https://arxiv.org/abs/1710.09412), on the vectors of sentences as Guo et
al. 2019 (https://arxiv.org/abs/1905.08941).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from edgeft.plugin import ModelError
from edgeft.training.loop import Loss
from edgeft.training.shares import SHARES, SOFT

PER_ROW = ("labels", "weights", SHARES, SOFT)
"""what a batch says of its rows"""


class Mixup:
    """Mixes the rows of a batch, each with another, by a share drawn from Beta(alpha, alpha)."""

    def __init__(self, alpha: float, seed: int) -> None:
        self.alpha = alpha
        self.random = np.random.default_rng(seed)
        self.share = 1.0
        self.others: torch.Tensor | None = None

    def mixed(self, head: nn.Module, inputs: tuple[torch.Tensor, ...]) -> Any:
        """What the head reads in place of its first input (batch, ..., hidden)."""
        vectors, *rest = inputs
        if not head.training:
            self.others = None
            return None
        self.share = float(self.random.beta(self.alpha, self.alpha))
        self.others = torch.from_numpy(self.random.permutation(len(vectors))).to(vectors.device)
        return (self.share * vectors + (1 - self.share) * vectors[self.others], *rest)

    def of(self, loss: Loss) -> Loss:
        """The loss of mixed rows: share * loss(y) + (1 - share) * loss(the other's y)."""

        def both(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            if self.others is None:
                return loss(logits, batch)
            per_row = [name for name in PER_ROW if name in batch]
            swapped = batch | {name: batch[name][self.others] for name in per_row}
            return self.share * loss(logits, batch) + (1 - self.share) * loss(logits, swapped)

        return both


@contextmanager
def mixing(model: PreTrainedModel, alpha: float, seed: int) -> Iterator[Mixup]:
    """Mix what the model's head reads as long as the block lasts, in training alone."""
    head = getattr(model, "classifier", None)
    if not isinstance(head, nn.Module):
        raise ModelError(
            f"{type(model).__name__} has no head named classifier, whose input could be mixed",
            hint="set mixup to 0, or pooling to mean",
        )
    mixup = Mixup(alpha, seed)
    handle = head.register_forward_pre_hook(mixup.mixed)
    try:
        yield mixup
    finally:
        handle.remove()
