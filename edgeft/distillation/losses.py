"""The losses of distillation, as pure functions of tensors."""

import torch
from torch import Tensor
from torch.nn import functional

from edgeft.training.encoding import UNLABELLED


def distillation_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """How far the student's softened distribution lies from its teacher's.

    T^2 * KL(softmax(teacher / T) || softmax(student / T)), the mean over the rows, for logits
    (batch, labels). The factor T^2 keeps the gradient's size when the temperature changes
    (Hinton, Vinyals and Dean 2015, section 2). Computed in float32 whatever autocast made.
    """
    student = functional.log_softmax(student_logits.float() / temperature, dim=-1)
    teacher = functional.log_softmax(teacher_logits.float() / temperature, dim=-1)
    divergence = functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return divergence * temperature**2


def cross_entropy(student_logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Cross-entropy of logits (batch, labels) against label indices (batch,).

    The mean over the labelled rows, each multiplied by its weight if there are `weights` (batch,);
    0 for a batch without any.
    """
    losses = functional.cross_entropy(
        student_logits.float(), labels, ignore_index=UNLABELLED, reduction="none"
    )
    total = (losses if weights is None else losses * weights).sum()
    return total / torch.clamp((labels != UNLABELLED).sum(), min=1)


def student_loss(
    student_logits: Tensor,
    teacher_logits: Tensor,
    labels: Tensor,
    *,
    temperature: float,
    soft: float,
    hard: float,
    weights: Tensor | None = None,
) -> Tensor:
    """Weigh the two losses of one batch: soft * distillation_loss + hard * cross_entropy.

    The weights of rows (batch,) say how far labels are believed: the teacher is asked all the same.
    """
    return soft * distillation_loss(
        student_logits, teacher_logits, temperature
    ) + hard * cross_entropy(student_logits, labels, weights)
