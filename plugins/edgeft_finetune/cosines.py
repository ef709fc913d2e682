"""A head that knows each label by a direction: its logits are scaled cosines.

A text's length, and a label's, say nothing, so that with a handful of texts no label gains by being
longer (Gidaris and Komodakis 2018, https://arxiv.org/abs/1804.09458; Chen et al. 2019, "A closer
look at few-shot classification", https://arxiv.org/abs/1904.04232).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize
from transformers import PreTrainedModel

from edgeft.probing.heads import Head


class CosineHead(nn.Module):
    """Logits (batch, labels) of vectors (batch, hidden): their cosines with labels, times scale.

    It starts in the directions (labels, hidden) of a linear head; a label of no direction, for it
    has no text yet, gets one by chance, as zeros have no gradient.
    """

    def __init__(self, directions: torch.Tensor, scale: float) -> None:
        super().__init__()
        by_chance = nn.init.normal_(torch.empty_like(directions), std=0.02)
        known = directions.detach().norm(dim=-1, keepdim=True) > 0
        self.weight = nn.Parameter(torch.where(known, directions.detach(), by_chance))
        self.scale = scale

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        directions = normalize(self.weight.float(), dim=-1)
        return self.scale * normalize(vectors.float(), dim=-1) @ directions.T

    def linear(self, vectors: np.ndarray) -> Head:
        """The linear head that answers as this one does, as sure of `vectors` on average.

        What is largest is the same for a vector of any length; how sure it is grows with it.
        """
        length = float(np.linalg.norm(vectors, axis=1).mean()) or 1.0
        directions = normalize(self.weight.detach().float().cpu(), dim=-1).numpy()
        weight = (self.scale / length * directions).astype(np.float32)
        return Head(weight, np.zeros(len(weight), dtype=np.float32))


@contextmanager
def with_cosines(model: PreTrainedModel, scale: float) -> Iterator[CosineHead]:
    """Let the head of a pooled model be one of cosines as long as the block lasts."""
    plain = model.classifier
    model.classifier = CosineHead(plain.weight, scale)
    try:
        yield model.classifier
    finally:
        model.classifier = plain
