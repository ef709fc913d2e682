"""The losses of one label a row: on the labels, and on a teacher's logits."""

from torch import Tensor
from torch.nn import functional

from edgeft.tasks import UNLABELLED


def cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Cross-entropy of logits (batch, labels) against label indices (batch,).

    The mean over the labelled rows, each multiplied by its weight if there are `weights` (batch,);
    0 for a batch without any.
    """
    losses = functional.cross_entropy(
        logits.float(), labels, ignore_index=UNLABELLED, reduction="none"
    )
    total = (losses if weights is None else losses * weights).sum()
    return total / (labels != UNLABELLED).sum().clamp(min=1)


def soft_cross_entropy(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """How far a softened distribution lies from the teacher's.

    T^2 * KL(softmax(teacher / T) || softmax(logits / T)), the mean over the rows, for logits
    (batch, labels). The factor T^2 keeps the gradient's size when the temperature changes
    (Hinton, Vinyals and Dean 2015, section 2). Computed in float32 whatever autocast made.
    """
    student = functional.log_softmax(logits.float() / temperature, dim=-1)
    wanted = functional.log_softmax(teacher.float() / temperature, dim=-1)
    divergence = functional.kl_div(student, wanted, reduction="batchmean", log_target=True)
    return divergence * temperature**2
