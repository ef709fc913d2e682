"""Cross-entropy on labels, smoothed and weighed as the options say, alone or with R-Drop."""

import datasets
import numpy as np
import torch
from torch.nn import functional

from edgeft.training.encoding import UNLABELLED, targets_of
from edgeft.training.loop import Loss
from edgeft_finetune import FinetuneOptions


def loss_for(options: FinetuneOptions, rows: datasets.Dataset, labels: list[str]) -> Loss:
    """The loss that the options ask for; class weights come from the training rows."""
    weights = None
    if options.class_weights == "balanced":
        weights = balanced_weights(targets_of(rows, labels), len(labels))
    loss = labels_loss(options.label_smoothing, weights)
    return with_r_drop(loss, options.r_drop) if options.r_drop else loss


def labels_loss(smoothing: float, weights: torch.Tensor | None) -> Loss:
    """A loss from logits (batch, labels) and a batch's labels (batch,); weights are (labels,)."""

    def loss(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return functional.cross_entropy(
            logits,
            batch["labels"],
            weight=None if weights is None else weights.to(logits.device),
            label_smoothing=smoothing,
            ignore_index=UNLABELLED,
        )

    return loss


def with_r_drop(loss: Loss, weight: float) -> Loss:
    """A loss on batches that hold every text twice, which asks both to come to the same answer.

    loss + weight * mean over texts of (KL(p || q) + KL(q || p)) / 2, p and q the distributions over
    labels that dropout made of a batch's first half and of its second. (R-Drop: Liang et al. 2021,
    https://arxiv.org/abs/2106.14448; its alpha is twice the weight, for it adds up both losses.)
    """

    def both(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return loss(logits, batch) + weight * divergence(*logits.chunk(2))

    return both


def divergence(one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
    """Mean over rows of the symmetric Kullback-Leibler divergence of logits (batch, labels)."""
    log_p, log_q = functional.log_softmax(one, dim=-1), functional.log_softmax(two, dim=-1)
    return ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(dim=-1).mean() / 2


def balanced_weights(targets: np.ndarray, classes: int) -> torch.Tensor:
    """Weight (classes,) of each class: n / (classes * its rows), so that the mean weight is 1.

    `targets` are label indices (n,). A class without rows gets 0. (King and Zeng 2001)
    """
    counts = np.bincount(targets[targets != UNLABELLED], minlength=classes)
    weights = np.divide(counts.sum(), classes * counts, out=np.zeros(classes), where=counts > 0)
    return torch.from_numpy(weights.astype(np.float32))
