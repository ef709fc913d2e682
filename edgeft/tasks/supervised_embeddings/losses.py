"""The losses of vectors whose relations the data knows, each of a batch."""

import torch
from torch import Tensor
from torch.nn import functional

from edgeft.tasks.contrast import contrastive_loss
from edgeft.tasks.supervised_embeddings.relations import PAIR, TEXT

FAR = -1e9
"""a cosine over the temperature that counts nothing in a sum of exponentials"""


def ranking(
    vectors: Tensor, truth: Tensor, weights: Tensor | None = None, temperature: float = 0.05
) -> Tensor:
    """How hard it is to find each text's partner among all partners and negatives of the batch.

    For vectors (batch, hidden), `truth` (batch, 3) of group, role and text, and s their cosines
    over the temperature: the mean over texts a and their partners p of
    -log(exp(s_ap) / (exp(s_ap) + sum_n exp(s_an))), n over the partners and negatives of others and
    the text's own negatives (InfoNCE: van den Oord et al. 2018, https://arxiv.org/abs/1807.03748;
    negatives of the batch: Henderson et al. 2017, https://arxiv.org/abs/1705.00652). A row that is
    the same text as a itself, or as one of its partners, is no negative. A text's part is
    multiplied by its weight, if there are `weights` (batch,); texts without a partner in the batch
    count nothing.
    """
    group, role, text = truth.unbind(dim=1)
    unit = functional.normalize(vectors.float(), dim=-1)
    scores = unit @ unit.T / temperature  # (batch, batch)
    asking = ((role == TEXT) & (group >= 0))[:, None]
    answering = ((role > TEXT) & (group >= 0))[None]
    same_text = text[:, None] == text[None]
    positive = asking & (role == PAIR)[None] & (group[:, None] == group[None])
    known = (positive.float() @ same_text.float()) > 0  # the same text as one of its partners
    negative = asking & answering & ~known & ~same_text
    others = torch.logsumexp(scores.masked_fill(~negative, FAR), dim=1, keepdim=True)
    each = functional.softplus(others - scores) * positive
    counts = positive.sum(dim=1)
    return weighted_mean(each.sum(dim=1) / counts.clamp(min=1), counts > 0, weights)


def gathering(
    vectors: Tensor, truth: Tensor, weights: Tensor | None = None, temperature: float = 0.1
) -> Tensor:
    """How far vectors (batch, hidden) of one label lie apart, against those of all labels.

    `truth` (batch,) are the labels' numbers, negative for rows without one, which count nothing;
    see `contrastive_loss` (Khosla et al. 2020, https://arxiv.org/abs/2004.11362).
    """
    known = truth >= 0
    of_rows = None if weights is None else weights[known]
    return contrastive_loss(vectors[known].float(), truth[known], temperature, of_rows)


def ordering(
    vectors: Tensor, truth: Tensor, weights: Tensor | None = None, temperature: float = 0.05
) -> Tensor:
    """How far the cosines of pairs are from the order of their scores.

    For vectors (batch, hidden) and `truth` (batch, 3) of group, role and score: log(1 + the sum of
    exp((cos_j - cos_i) / temperature)) over all two pairs i and j of the batch of which i has the
    higher score (CoSENT: Su 2022, https://kexue.fm/archives/8847; equation 3 of Li and Li 2023,
    "AnglE-optimized text embeddings", https://arxiv.org/abs/2309.12871). With `weights` (batch,) a
    term is multiplied by those of its two pairs.
    """
    group, role, score = truth.unbind(dim=1)
    unit = functional.normalize(vectors.float(), dim=-1)
    both = (role == TEXT)[:, None] & (role == PAIR)[None] & (group[:, None] == group[None])
    first, second = torch.nonzero(both & (group >= 0)[:, None], as_tuple=True)
    cosines = (unit[first] * unit[second]).sum(dim=-1) / temperature  # (pairs,)
    scores = score[first]
    terms = cosines[None] - cosines[:, None]  # (pairs, pairs): the second's minus the first's
    if weights is not None:
        share = weights[first]
        terms = terms + torch.log((share[:, None] * share[None]).clamp(min=1e-12))
    wrong = terms[scores[:, None] > scores[None]]
    found: Tensor = torch.logsumexp(torch.cat([wrong.new_zeros(1), wrong]), dim=0)
    return found + vectors.sum() * 0.0


def weighted_mean(each: Tensor, counted: Tensor, weights: Tensor | None) -> Tensor:
    """The mean of what each row costs, (batch,), over the rows that count; 0 of none."""
    if weights is not None:
        each = each * weights
    return each[counted].mean() if bool(counted.any()) else each.sum() * 0.0
