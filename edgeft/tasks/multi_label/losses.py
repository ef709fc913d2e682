"""The losses of labels that hold or do not, each by itself."""

import torch
from torch import Tensor
from torch.nn import functional


def binary_cross_entropy(logits: Tensor, truth: Tensor, weights: Tensor | None = None) -> Tensor:
    """Binary cross-entropy of logits (batch, labels) against 0 and 1, the sum over the labels.

    The mean over the rows with an answer, each multiplied by its weight if there are `weights`
    (batch,); rows of NaN have none, and a batch without any costs 0.
    """
    known = ~torch.isnan(truth).any(dim=1)
    losses = functional.binary_cross_entropy_with_logits(
        logits.float(), truth.nan_to_num(), reduction="none"
    ).sum(dim=1)
    shares = known.float() if weights is None else known * weights
    return (losses * shares).sum() / known.sum().clamp(min=1)


def soft_binary_cross_entropy(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """How far softened probabilities lie from the teacher's, label by label.

    T^2 * the sum over labels of KL(sigmoid(teacher / T) || sigmoid(logits / T)), the mean over the
    rows, for logits (batch, labels) (Hinton, Vinyals and Dean 2015, of two classes each).
    """
    student, wanted = logits.float() / temperature, teacher.float() / temperature
    targets = torch.sigmoid(wanted)
    across = functional.binary_cross_entropy_with_logits(student, targets, reduction="none")
    own = functional.binary_cross_entropy_with_logits(wanted, targets, reduction="none")
    return (across - own).sum(dim=1).mean() * temperature**2
