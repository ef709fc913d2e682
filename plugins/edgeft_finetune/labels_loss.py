"""Cross-entropy on labels, smoothed and weighed as the options say."""

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
    return labels_loss(options.label_smoothing, weights)


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


def balanced_weights(targets: np.ndarray, classes: int) -> torch.Tensor:
    """Weight (classes,) of each class: n / (classes * its rows), so that the mean weight is 1.

    `targets` are label indices (n,). A class without rows gets 0. (King and Zeng 2001)
    """
    counts = np.bincount(targets[targets != UNLABELLED], minlength=classes)
    weights = np.divide(counts.sum(), classes * counts, out=np.zeros(classes), where=counts > 0)
    return torch.from_numpy(weights.astype(np.float32))
