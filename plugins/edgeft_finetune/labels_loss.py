"""The loss on labels that the options ask for: what it is, how labels count, and R-Drop."""

from collections.abc import Callable
from functools import partial

import datasets
import numpy as np
import torch
from torch.nn import functional

from edgeft.data.rows import answers_of
from edgeft.tasks import UNLABELLED, Task
from edgeft.tasks.labels import indices
from edgeft.training.loop import Loss, plain_loss
from edgeft.training.shares import with_shares
from edgeft_finetune.balance import counted, log_frequencies
from edgeft_finetune.options import FinetuneOptions

PerText = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""from log-probabilities (batch, labels) and labels (batch,) to losses (batch,)"""
Apart = Callable[[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]], torch.Tensor]
"""from the logits of two passes and the batch of both to how far they lie apart, ()"""
GAMMA = 2.0
"""of the focal loss, as Lin et al. found best"""
POWER = 0.7
"""q of the generalized cross-entropy, as Zhang and Sabuncu found best"""
REVERSED, LOG_ZERO = 1.0, -4.0
"""beta and A of the symmetric cross-entropy, as Wang et al. found best; its alpha is FORWARD"""
FORWARD = 0.1


def loss_for(options: FinetuneOptions, rows: datasets.Dataset, labels: list[str]) -> Loss:
    """The loss that the options ask for; how frequent labels are, the training rows say."""
    counts = counted(indices(answers_of(rows), labels), len(labels))
    weights = balanced_weights(counts) if options.class_weights == "balanced" else None
    if options.loss == "cross-entropy":
        loss = labels_loss(options.label_smoothing, weights)
    else:
        loss = per_text_loss(PER_TEXT[options.loss], weights)
    loss = with_shares(loss)
    if options.logit_adjustment:
        offsets = options.logit_adjustment * log_frequencies(counts)
        loss = adjusted(loss, torch.from_numpy(offsets))
    return with_r_drop(loss, options.divergence, of_texts) if options.divergence else loss


def task_loss(task: Task, options: FinetuneOptions) -> Loss:
    """The loss of a task that answers with something else than one label a text."""
    loss = plain_loss(task)
    if not options.divergence:
        return loss
    return with_r_drop(loss, options.divergence, partial(of_answers, task))


def labels_loss(smoothing: float, weights: torch.Tensor | None) -> Loss:
    """A loss from logits (batch, labels) and a batch's labels (batch,); weights are (labels,).

    Where the batch has weights of rows (batch,) too, each row's part is multiplied by its own.
    """

    def loss(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        labels, of_rows = batch["labels"], batch.get("weights")
        of_labels = None if weights is None else weights.to(logits.device)
        found = functional.cross_entropy(
            logits,
            labels,
            weight=of_labels,
            label_smoothing=smoothing,
            ignore_index=UNLABELLED,
            reduction="mean" if of_rows is None else "none",
        )
        if of_rows is None:
            return found
        known = labels[labels != UNLABELLED]
        shares = torch.ones_like(known) if of_labels is None else of_labels[known]
        return (found * of_rows).sum() / shares.sum().clamp(min=1e-12)

    return loss


def per_text_loss(of_text: PerText, weights: torch.Tensor | None) -> Loss:
    """The mean of a loss over the rows that have a label, each weighed by its label's weight.

    Where the batch has weights of rows (batch,) too, each row's part is multiplied by its own.
    """

    def loss(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        known = batch["labels"] != UNLABELLED
        labels = batch["labels"][known]
        losses = of_text(functional.log_softmax(logits[known], dim=-1), labels)
        shares = torch.ones_like(losses) if weights is None else weights.to(losses.device)[labels]
        parts = losses * shares
        if "weights" in batch:
            parts = parts * batch["weights"][known]
        return parts.sum() / shares.sum().clamp(min=1e-12)

    return loss


def focal(log_p: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """-(1 - p)^2 log p of each row's label: what is easy counts little.

    For log-probabilities (batch, labels). (Lin et al. 2017, https://arxiv.org/abs/1708.02002)
    """
    own = log_p.gather(1, labels[:, None])[:, 0]
    return -((1 - own.exp()) ** GAMMA) * own


def generalized(log_p: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(1 - p^q) / q of each row's label: a wrong label pulls less than in cross-entropy.

    With q = 1 it is the mean absolute error, towards 0 cross-entropy. (Zhang and Sabuncu 2018,
    https://arxiv.org/abs/1805.07836)
    """
    own = log_p.gather(1, labels[:, None])[:, 0]
    return (1 - (POWER * own).exp()) / POWER


def symmetric(log_p: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """0.1 * CE(label, p) + RCE(p, label), where log 0 counts as -4: RCE = 4 (1 - p of the label).

    (Wang et al. 2019, https://arxiv.org/abs/1908.06112)
    """
    own = log_p.gather(1, labels[:, None])[:, 0]
    return -FORWARD * own - REVERSED * LOG_ZERO * (1 - own.exp())


PER_TEXT: dict[str, PerText] = {
    "focal": focal,
    "generalized": generalized,
    "symmetric": symmetric,
}


def with_r_drop(loss: Loss, weight: float, apart: Apart) -> Loss:
    """A loss on batches that hold every text twice, which asks both to come to the same answer.

    loss + weight * apart, of what dropout made of a batch's first half and of its second. (R-Drop:
    Liang et al. 2021, https://arxiv.org/abs/2106.14448; its alpha is twice the weight, for it adds
    up both losses.)
    """

    def both(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        one, two = logits.chunk(2)
        return loss(logits, batch) + weight * apart(one, two, batch)

    return both


def of_texts(one: torch.Tensor, two: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """How far two passes over the same texts lie apart, logits (batch / 2, labels) of each."""
    weights = batch["weights"].chunk(2)[0] if "weights" in batch else None
    return divergence(one, two, weights)


def of_answers(
    task: Task, one: torch.Tensor, two: torch.Tensor, batch: dict[str, torch.Tensor]
) -> torch.Tensor:
    """The same of any task, as it tells a student how far it lies from its teacher.

    (D(one, two) + D(two, one)) / 2 with the task's divergence D at temperature 1; tokens without a
    label, of logits (batch / 2, tokens, labels), have no part in it.
    """
    silent = batch["labels"].chunk(2)[0] == UNLABELLED

    def said(logits: torch.Tensor) -> torch.Tensor:
        return logits.masked_fill(silent[..., None], torch.nan) if logits.ndim == 3 else logits

    return (task.soft_loss(one, said(two), 1.0) + task.soft_loss(two, said(one), 1.0)) / 2


def divergence(
    one: torch.Tensor, two: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean over rows of the symmetric Kullback-Leibler divergence of logits (batch, labels).

    Each row's is multiplied by its weight, if there are `weights` (batch,).
    """
    log_p, log_q = functional.log_softmax(one, dim=-1), functional.log_softmax(two, dim=-1)
    of_each = ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(dim=-1) / 2
    return (of_each if weights is None else of_each * weights).mean()


def adjusted(loss: Loss, offsets: torch.Tensor) -> Loss:
    """A loss of logits (batch, labels) to which offsets (labels,) are added, in training alone.

    With multiples of the labels' log-frequencies the model need not learn these itself, so that it
    answers without them: rare labels win their ties. (Menon et al. 2021, equation 10,
    https://arxiv.org/abs/2007.07314)
    """

    def found(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return loss(logits + offsets.to(logits.device), batch)

    return found


def balanced_weights(counts: np.ndarray) -> torch.Tensor:
    """Weight (labels,) of each label: n / (labels * its rows), so that the mean weight is 1.

    `counts` are the rows of each label, (labels,). A label without rows gets 0. (King and Zeng
    2001)
    """
    classes = len(counts)
    weights = np.divide(counts.sum(), classes * counts, out=np.zeros(classes), where=counts > 0)
    return torch.from_numpy(weights.astype(np.float32))
