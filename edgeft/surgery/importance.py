"""How much a model's loss would change without a neuron or a head: first-order importance."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from edgeft.training.batches import read

Batch = dict[str, Tensor]
Loss = Callable[[Tensor, Batch], Tensor]
"""of logits and their batch: one loss a text, (batch,), or their sum"""


def input_importance(
    model: Any,
    modules: Sequence[nn.Module],
    batches: Iterable[Batch],
    loss: Loss,
    *,
    group: int = 1,
) -> list[Tensor]:
    """The importance of each input of some modules, or of each `group` of neighbours among them.

    For an input a (tokens, width) of a module and the loss L of a text: |sum over tokens and group
    of a * dL/da|, the mean over the texts, float32 (width / group,) a module. That is the change
    of the loss, to first order, when these inputs become 0: of feed-forward neurons where the
    module is the map that leads away from them (Molchanov et al. 2019, equation 8, on activations),
    of heads where it is the output projection of an attention (Michel, Levy and Neubig 2019,
    equation 2). `batches` hold what the model reads and what the loss wants; the model's weights
    and their gradients stay as they are.
    """
    sums = [torch.zeros(0)] * len(modules)
    texts = 0

    def collect(place: int, values: Tensor, gradient: Tensor) -> None:
        """Add one batch: values and gradient (batch, tokens, width)."""
        change = (values * gradient).sum(1).unflatten(-1, (-1, group)).sum(-1)  # (batch, groups)
        found = change.abs().sum(0).float().cpu()
        sums[place] = found if not len(sums[place]) else sums[place] + found

    def watch(place: int, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Have the gradient of a module's input collected when it comes."""
        values = inputs[0]
        values.register_hook(lambda gradient: collect(place, values.detach(), gradient))

    hooks = [
        module.register_forward_pre_hook(partial(watch, place))
        for place, module in enumerate(modules)
    ]
    trains, wanted = model.training, [each.requires_grad for each in model.parameters()]
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    embeddings = model.get_input_embeddings()
    hooks.append(embeddings.register_forward_hook(lambda *found: found[-1].requires_grad_(True)))
    try:
        for batch in batches:
            loss(model(**read(batch)).logits, batch).sum().backward()
            texts += len(batch["input_ids"])
    finally:
        for hook in hooks:
            hook.remove()
        for parameter, was in zip(model.parameters(), wanted, strict=True):
            parameter.requires_grad_(was)
        model.train(trains)
    return [found / max(1, texts) for found in sums]


def alike(scores: Sequence[Tensor]) -> Tensor:
    """The sum of the scores (n,) of all layers, each layer's share the same."""
    return torch.stack([each / each.sum().clamp_min(1e-12) for each in scores]).sum(dim=0)
