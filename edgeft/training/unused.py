"""Leaves weights that no loss reaches out of a distributed training.

DDP waits for the gradient of every weight that wants one. A pooler that the head does not read, or
a head that a loss of hidden states does not reach, would never get one. DDP's own remedy, a search
through each step's graph, warns where it finds nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def without_unused(model: nn.Module, loss: Callable[[], torch.Tensor]) -> Iterator[None]:
    """Freeze the weights that get no gradient from `loss()`, as long as the block lasts."""
    with torch.random.fork_rng():
        model.train()
        loss().backward()
    unused = [each for each in model.parameters() if each.requires_grad and each.grad is None]
    model.zero_grad(set_to_none=True)
    for each in unused:
        each.requires_grad_(False)
    try:
        yield
    finally:
        for each in unused:
            each.requires_grad_(True)
