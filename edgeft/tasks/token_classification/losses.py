"""The losses of tokens that speak for a unit: on their labels, and on a teacher's logits."""

from torch import Tensor
from torch.nn import functional

from edgeft.tasks import UNLABELLED


def cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Cross-entropy of logits (batch, tokens, labels) against label indices (batch, tokens).

    The mean over the labelled tokens, each multiplied by its row's weight if there are `weights`
    (batch,); 0 for a batch without any.
    """
    losses = functional.cross_entropy(
        logits.float().transpose(1, 2), labels, ignore_index=UNLABELLED, reduction="none"
    )  # (batch, tokens)
    total = (losses if weights is None else losses * weights[:, None]).sum()
    return total / (labels != UNLABELLED).sum().clamp(min=1)


def soft_cross_entropy(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """How far softened distributions lie from the teacher's, the mean over the units.

    T^2 * KL(softmax(teacher / T) || softmax(logits / T)) of logits (batch, tokens, labels). The
    teacher's are NaN at tokens that speak for no unit, or for one that it did not see. The factor
    T^2 keeps the gradient's size when the temperature changes (Hinton, Vinyals and Dean 2015,
    section 2). Computed in float32 whatever autocast made; 0 for a batch without a unit.
    """
    said = ~teacher[..., 0].isnan()  # (batch, tokens)
    student = functional.log_softmax(logits[said].float() / temperature, dim=-1)
    wanted = functional.log_softmax(teacher[said].float() / temperature, dim=-1)
    divergence = functional.kl_div(student, wanted, reduction="sum", log_target=True)
    return divergence * temperature**2 / said.sum().clamp(min=1)
