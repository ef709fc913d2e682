"""Finds out whether Opacus can have the gradients of single texts, and proves that they are theirs.

A layer that reads something else than rows of texts, such as what all texts of a batch share
(DeBERTa's relative positions), would silently get gradients that mix them, and no bound on what one
text may change would hold.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from opacus import GradSampleModule
from opacus.validators import ModuleValidator
from torch import nn
from transformers import PreTrainedModel

from edgeft.distillation.features import without_dropout
from edgeft.plugin import ModelError
from edgeft.training.batches import Batches
from edgeft.training.loop import Loss

TOLERANCE = 1e-3
"""length of the largest difference in a weight, as a share of the text's whole gradient"""


def check_single_gradients(model: PreTrainedModel, batches: Batches, loss: Loss) -> None:
    """Compare the gradients of two texts in one batch with those of each alone.

    Raises ModelError naming a weight where they differ.
    """
    lengths = batches.encoded.lengths
    rows = np.unique([int(lengths.argmin()), int(lengths.argmax())])
    with without_dropout(model), quiet_opacus():
        alone = [gradients(model, batches, loss, np.array([row])) for row in rows]
        together = gradients_together(model, batches, loss, rows)
    for place, own in enumerate(alone):
        whole = torch.stack([each.norm() for each in own.values()]).norm()
        for name, each in own.items():
            found = together[name]
            own_rows = found is not None and len(found) == len(rows)
            apart = found[place] - each if found is not None and own_rows else whole
            if float(apart.norm()) > TOLERANCE * float(whole):
                raise ModelError(
                    f"{type(model).__name__} cannot be trained privately: the gradient of a single"
                    f" text cannot be had for {name}",
                    hint="take another architecture, such as BERT's or RoBERTa's",
                )


def gradients(
    model: PreTrainedModel, batches: Batches, loss: Loss, rows: np.ndarray
) -> dict[str, torch.Tensor]:
    """The gradient of the mean loss over rows, by the names of the weights that it reaches."""
    model.zero_grad(set_to_none=True)
    loss_of(model, model, batches, loss, rows).backward()
    found = {
        name: each.grad.detach().clone()
        for name, each in model.named_parameters()
        if each.grad is not None
    }
    model.zero_grad(set_to_none=True)
    return found


def gradients_together(
    model: PreTrainedModel, batches: Batches, loss: Loss, rows: np.ndarray
) -> dict[str, torch.Tensor | None]:
    """The gradients of rows one by one, (rows, ...), as Opacus makes them; None where it has none.

    Raises ModelError for layers that it cannot handle.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.LayerNorm) and module.bias is None and has_weights(module):
            raise ModelError(
                f"{type(model).__name__} cannot be trained privately: Opacus handles no LayerNorm"
                f" without a bias, such as {name}",
                hint="take another architecture, such as BERT's or RoBERTa's",
            )
    try:
        watched = GradSampleModule(model, loss_reduction="mean")
    except NotImplementedError as error:
        raise ModelError(
            f"{type(model).__name__} has layers that Opacus cannot handle: {error}",
            hint="take another architecture, such as BERT's or RoBERTa's",
        ) from error
    try:
        loss_of(watched, model, batches, loss, rows).backward()
        return {name: getattr(each, "grad_sample", None) for name, each in model.named_parameters()}
    except (RuntimeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{type(model).__name__} has layers that Opacus cannot handle: {error}",
            hint="take another architecture, such as BERT's or RoBERTa's",
        ) from error
    finally:
        watched.to_standard_module()
        model.zero_grad(set_to_none=True)


def loss_of(
    asked: nn.Module,
    model: PreTrainedModel,
    batches: Batches,
    loss: Loss,
    rows: np.ndarray,
) -> torch.Tensor:
    """The mean loss () over rows, by the model as it is or as it is watched."""
    asked.train()
    batch = {name: tensor.to(model.device) for name, tensor in batches(rows).items()}
    answers = asked(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
    return loss(answers.logits, batch)


def has_weights(module: nn.Module) -> bool:
    """Whether a module has weights of its own that are trained."""
    return any(each.requires_grad for each in module.parameters(recurse=False))


@contextmanager
def quiet_opacus() -> Iterator[None]:
    """Keep Opacus's and torch's remarks, which are for developers, from the user."""
    logger = logging.getLogger("opacus")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def check_layers(model: PreTrainedModel) -> None:
    """Raise ModelError naming the layers that are trained and that Opacus cannot handle."""
    errors = ModuleValidator.validate(model, strict=False)
    if errors:
        raise ModelError(
            f"layers of {type(model).__name__} cannot be trained privately:"
            f" {'; '.join(sorted({str(each).partition(chr(10))[0] for each in errors}))}",
            hint="take another architecture, such as BERT's or RoBERTa's",
        )
