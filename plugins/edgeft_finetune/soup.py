"""Averages the weights of several trainings, and blends them with those from before."""

from collections.abc import Callable
from typing import TypeVar

import torch

T = TypeVar("T")


def averaged(model: torch.nn.Module, run: Callable[[int], T], trainings: int, share: float) -> T:
    """Train a model several times from where it is, and leave the mean in it, blended with that.

    `run` trains it in place and is given the training's number; what the last one returns is
    returned. The model becomes `share` * mean + (1 - share) * before.

    One mean of weights answers at the price of one model, and better than most of those it is made
    of, as long as all began at the same place (Wortsman et al. 2022, model soups,
    https://arxiv.org/abs/2203.05482). Between it and the beginning lie models that keep more of
    what the model knew (Wortsman et al. 2021, WiSE-FT, https://arxiv.org/abs/2109.01903).
    """
    if trainings == share == 1:  # what the one training leaves is the mean
        return run(0)
    before = copied(model)
    sums = {name: torch.zeros_like(each) for name, each in before.items()}
    for number in range(trainings):
        model.load_state_dict(before)
        made = run(number)
        for name, each in model.state_dict().items():
            sums[name] += each.detach().cpu()
    model.load_state_dict(
        {
            name: share * sums[name] / trainings + (1 - share) * each
            if each.is_floating_point()
            else each
            for name, each in before.items()
        }
    )
    return made


def copied(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A module's weights, by name, that no training changes."""
    return {name: each.detach().cpu().clone() for name, each in module.state_dict().items()}
