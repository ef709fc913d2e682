"""The loss of vectors that are to say what a teacher's say."""

import torch
from torch import Tensor
from torch.nn import functional

RELATIONS = 10.0
"""weight of the similarities within a batch: one that is wrong by 0.1 costs as much as a vector
whose cosine with its teacher's is 0.9"""


def apart(vectors: Tensor, teacher: Tensor) -> Tensor:
    """How far vectors lie from their teacher's, both (batch, hidden), and their relations apart.

    The mean of 1 - cosine(vector, teacher's), plus RELATIONS times the mean squared difference of
    the cosines of all pairs in the batch (Park et al. 2019, "Relational knowledge distillation",
    https://arxiv.org/abs/1904.05068, with cosines for distances).
    """
    own = functional.normalize(vectors.float(), dim=-1)
    wanted = functional.normalize(teacher.float(), dim=-1)
    off = 1 - (own * wanted).sum(dim=-1)  # (batch,)
    relations = own @ own.T - wanted @ wanted.T  # (batch, batch)
    found: Tensor = off.mean() + RELATIONS * torch.square(relations).mean()
    return found
