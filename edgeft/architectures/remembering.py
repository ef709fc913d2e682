"""A linear map of a vector, and beside it how near the vector lies to examples of each label.

A linear map sums a handful of texts up, and they say more than that: what lies beside one of them
is most likely its like. The logits are the mean of those of the map and of the density of a label's
examples on the sphere,

    log mean_i exp(sharpness * cos(vector, example_i)),

a Parzen window of von Mises and Fisher's kernel; their mean is a product of both experts (Hinton
2002). A cache of keys beside a classifier of few examples is that of Tip-Adapter (Zhang et al.
2022, https://arxiv.org/abs/2111.03930).
"""

import torch
from torch import nn
from torch.nn import functional

ABSENT = -1e4
"""logarithm of the weight of a place without an example"""


class Remembering(nn.Linear):
    """Maps vectors (batch, width) to logits (batch, labels), with examples of each label."""

    examples: torch.Tensor
    """(labels, places, width), of length 1"""
    shares: torch.Tensor
    """(labels, places): logarithms of how much each counts among those of its label"""

    def __init__(self, width: int, labels: int, places: int, sharpness: float) -> None:
        super().__init__(width, labels)
        self.sharpness = sharpness
        self.register_buffer("examples", torch.zeros(labels, places, width))
        self.register_buffer("shares", torch.full((labels, places), ABSENT))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """The logits, float (batch, labels)."""
        near = functional.linear(functional.normalize(vectors), self.examples.flatten(0, 1))
        weighed = self.sharpness * near.unflatten(1, self.shares.shape) + self.shares
        return (super().forward(vectors) + weighed.logsumexp(dim=-1)) / 2
