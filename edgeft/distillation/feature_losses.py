"""Losses that compare what student and teacher compute on the way, as pure functions of tensors.

A mask (batch, tokens) of bool says which tokens are real: padding counts nowhere. Everything is
computed in float32 whatever autocast made.
"""

import math

from torch import Tensor
from torch.nn import functional

SMALLEST = 1e-8
"""what a probability is taken for where it is 0, such as outside a local attention's window"""
NOWHERE = -1e9
"""a score so low that its softmax is 0"""


def hidden_loss(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """The mean squared difference of hidden states (batch, tokens, width) of equal width.

    The mean over real tokens and width (TinyBERT: Jiao et al. 2020, equation 8, with the student's
    states projected to the teacher's width already).
    """
    difference = (student.float() - teacher.float())[mask]  # (real tokens, width)
    return difference.square().mean()


def attention_mse(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """The mean squared difference of attention maps (batch, heads, queries, keys).

    The mean over heads and over pairs of real tokens (Jiao et al. 2020, equation 7, on
    probabilities, for not every architecture gives the scores before its softmax).
    """
    student, teacher = by_query(student, mask), by_query(teacher, mask)
    keys = real_keys(mask)
    squares = (student - teacher).square() * keys[:, None]
    return squares.sum() / (keys.sum() * student.shape[1])


def attention_divergence(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """KL(teacher || student) of attention maps (batch, heads, queries, keys).

    The mean over heads and real queries (MiniLM: Wang et al. 2020, equation 2).
    """
    student, teacher = by_query(student, mask), by_query(teacher, mask)
    odds = teacher.clamp_min(SMALLEST).log() - student.clamp_min(SMALLEST).log()
    return (teacher * odds * real_keys(mask)[:, None]).sum(-1).mean()


def relation_loss(student: Tensor, teacher: Tensor, mask: Tensor, heads: int) -> Tensor:
    """KL(teacher || student) of how tokens relate by queries, by keys or by values.

    Takes (batch, tokens, width) of each; the widths may differ. Each is split into `heads`
    relation heads of size d, and a token's relation to the others is softmax(x x^T / sqrt(d)).
    The mean over relation heads and real tokens (MiniLMv2: Wang et al. 2021, equations 5 to 7).
    """
    found = relations(student, mask, heads)  # (real tokens, heads, tokens), logarithms
    wanted = relations(teacher, mask, heads)
    return functional.kl_div(found, wanted, reduction="none", log_target=True).sum(-1).mean()


def relations(vectors: Tensor, mask: Tensor, heads: int) -> Tensor:
    """Logarithms of how each real token relates to the tokens of its text.

    From (batch, tokens, width) to (real tokens, heads, tokens).
    """
    split = vectors.float().unflatten(-1, (heads, -1)).transpose(1, 2)  # (batch, heads, tokens, d)
    scores = split @ split.transpose(-1, -2) / math.sqrt(split.shape[-1])
    scores = scores.masked_fill(~mask[:, None, None, :], NOWHERE)
    return by_query(functional.log_softmax(scores, dim=-1), mask)


def by_query(maps: Tensor, mask: Tensor) -> Tensor:
    """Maps (batch, heads, queries, keys) as (real queries, heads, keys)."""
    return maps.float().transpose(1, 2)[mask]


def real_keys(mask: Tensor) -> Tensor:
    """For each real query, which tokens of its text are real: (real queries, keys)."""
    return mask[:, None, :].expand(-1, mask.shape[1], -1)[mask]
