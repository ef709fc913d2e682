"""The losses of starts and ends: on those of the answer, and on a teacher's logits."""

import torch
from torch import Tensor
from torch.nn import functional

from edgeft.tasks import UNLABELLED
from edgeft.tasks.question_answering.units import END, START


def cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Cross-entropy of start and end over a window's units, the mean of the two.

    Of logits (batch, tokens, 2) against labels of tokens (batch, tokens), as `tags_of` makes them.
    The mean over the labelled windows, each multiplied by its weight if there are `weights`
    (batch,); 0 for a batch without any.
    """
    units = labels != UNLABELLED
    known = units.any(dim=1)
    shares = among(logits, units)
    places = torch.stack([((labels * units) & part).argmax(dim=1) for part in (START, END)], dim=1)
    losses = -shares.gather(1, places[:, None, :]).mean(dim=(1, 2))  # (batch,)
    total = torch.where(known, losses if weights is None else losses * weights, 0.0).sum()
    return total / known.sum().clamp(min=1)


def soft_cross_entropy(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """How far softened starts and ends lie from the teacher's, the mean over windows and the two.

    T^2 * KL(softmax(teacher / T) || softmax(logits / T)) over the units of each window, for logits
    (batch, tokens, 2). The teacher's are NaN at tokens that are no units. The factor T^2 keeps the
    gradient's size when the temperature changes (Hinton, Vinyals and Dean 2015, section 2).
    Computed in float32 whatever autocast made; 0 for a batch without a unit.
    """
    units = ~teacher[..., 0].isnan()
    student = among(logits / temperature, units)
    wanted = among(teacher.nan_to_num() / temperature, units)
    apart = functional.kl_div(student, wanted, reduction="none", log_target=True)
    found = torch.where(units[..., None], apart, 0.0).sum() / 2
    return found * temperature**2 / units.any(dim=1).sum().clamp(min=1)


def among(logits: Tensor, units: Tensor) -> Tensor:
    """Logarithms of shares among the units (batch, tokens) of a window, float32, as the logits."""
    least = torch.finfo(torch.float32).min / 2
    return functional.log_softmax(logits.float().masked_fill(~units[..., None], least), dim=1)
