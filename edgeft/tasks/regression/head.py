"""A new head that begins at the mean of the numbers it is to give, and moves in their scale."""

from typing import Any

import numpy as np
import torch
from torch import nn


def scaled(model: Any, numbers: np.ndarray, *, new: bool = True) -> dict[str, float]:
    """Let the last linear map begin at the mean of `numbers` (rows,), in units of their spread.

    One that is not `new` has its place and units already. Returns the share of the learning rate
    for its weights, by name: their spread, so that prices and stars are learnt alike. That is what
    training on standardized numbers would do, with the scale folded into the map. NaN is no
    number; where all are, nothing changes.
    """
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return {}
    mean, spread = float(known.mean()), float(known.std()) or 1.0
    name, last = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module.out_features == 1
    ][-1]
    if new:
        with torch.no_grad():
            last.weight *= spread
            if last.bias is not None:
                last.bias.fill_(mean)
    return {f"{name}.{part}": spread for part, _ in last.named_parameters()}
