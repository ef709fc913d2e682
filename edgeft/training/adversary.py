"""Moves the embeddings of a text where that hurts most, and trains on them as well.

FGM (Miyato et al. 2017, https://arxiv.org/abs/1605.07725) takes one such step, FreeLB (Zhu et al.
2020, https://arxiv.org/abs/1909.11764) several, and trains on each.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

STEPS = {"fgm": 1, "freelb": 2}
"""further passes over a batch"""


class Adversary:
    """Adds to what the embeddings of a batch give, after a first pass has told in which direction.

    A text's perturbation (tokens, hidden) has `size` times the length of its embeddings, as one
    vector of all of them.
    """

    def __init__(self, embedding: nn.Module, method: str, size: float) -> None:
        self.embedding = embedding
        self.steps = STEPS[method]
        self.size = size
        self.added: torch.Tensor | None = None
        self.seen: torch.Tensor | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """See, and change, what the embeddings give as long as the block lasts."""
        handle = self.embedding.register_forward_hook(self.changed)
        try:
            yield
        finally:
            handle.remove()
            self.added = self.seen = None

    def changed(self, module: nn.Module, inputs: object, found: torch.Tensor) -> torch.Tensor:
        """What the layers get in place of the embeddings (batch, tokens, hidden)."""
        moved = found if self.added is None else found + self.added.to(found.dtype)
        if not moved.requires_grad:  # frozen embeddings
            moved = moved.detach().requires_grad_()
        moved.retain_grad()
        self.seen = moved
        return moved

    def push(self) -> None:
        """Go a step of the whole size up the last pass's gradient, and no further than it in all.

        delta = size * |x| * g / |g|, each text by itself; several steps add up, and their sum is
        scaled back to that length.
        """
        seen = self.seen
        if seen is None or seen.grad is None:
            return
        gradient, length = seen.grad.float(), lengths(seen.detach().float())
        step = self.size * length * gradient / lengths(gradient).clamp(min=1e-12)
        total = step if self.added is None else self.added + step
        self.added = total * (self.size * length / lengths(total).clamp(min=1e-12)).clamp(max=1)


def lengths(vectors: torch.Tensor) -> torch.Tensor:
    """The Euclidean length of each text's (batch, tokens, hidden), as (batch, 1, 1)."""
    return vectors.flatten(1).norm(dim=1)[:, None, None]
