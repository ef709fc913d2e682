"""The loss that draws vectors of one kind together and others apart, within a batch."""

import torch
from torch.nn import functional


def contrastive_loss(
    vectors: torch.Tensor,
    labels: torch.Tensor,
    temperature: float,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """The mean over texts of -log of the share that their label's others have of all others.

    For vectors (batch, hidden) of length 1 and s_ij their cosines over the temperature: the mean
    over i, and over its positives p, of -(s_ip - log sum_{j != i} exp(s_ij)); a text without a
    positive in the batch counts nothing. A text's part is multiplied by its weight, if there are
    `weights` (batch,). (Equation 2 of Khosla et al. 2020)
    """
    unit = functional.normalize(vectors, dim=-1)
    scores = unit @ unit.T / temperature  # (batch, batch)
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    scores = scores.masked_fill(itself, -1e9)
    positive = (labels[:, None] == labels[None]) & ~itself
    log_shares = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    counts = positive.sum(dim=1)
    of_each = -(log_shares * positive).sum(dim=1) / counts.clamp(min=1)
    if weights is not None:
        of_each = of_each * weights
    return of_each[counts > 0].mean() if bool((counts > 0).any()) else of_each.sum() * 0.0
