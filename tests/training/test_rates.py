"""Every weight learns at the rate of its height."""

from pathlib import Path

import pytest
import torch

from edgeft.errors import ModelError
from edgeft.steps import Context
from edgeft.training.rates import decay_rates, freeze_lowest, heights

LABELS = ["no", "yes"]


@pytest.mark.parametrize("pooling", [None, "mean"])
def test_rates_fall_from_layer_to_layer(
    each_tiny_base: Path, context: Context, pooling: str | None
) -> None:
    model = context.task.load_model(each_tiny_base, LABELS, pooling=pooling)
    found, depth = heights(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=0.25)
    decay_rates(optimizer, model, 0.5)
    rates = {weight: group["lr"] for group in optimizer.param_groups for weight in group["params"]}
    assert len(rates) == len(list(model.parameters()))
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0.25}
    for name, weight in model.named_parameters():
        assert rates[weight] == 0.5 ** (depth + 1 - found[name])
        if "classifier" in name:
            assert rates[weight] == 1
        if "embeddings" in name:
            assert rates[weight] == 0.5 ** (depth + 1)
    assert sorted(set(rates.values())) == [0.5**n for n in range(depth + 1, -1, -1)]


def test_frozen_layers_are_the_lowest(each_tiny_base: Path, context: Context) -> None:
    model = context.task.load_model(each_tiny_base, LABELS)
    found, depth = heights(model)
    freeze_lowest(model, 1)
    trained = {found[name] for name, each in model.named_parameters() if each.requires_grad}
    assert trained == set(range(2, depth + 2))
    with pytest.raises(ModelError, match=f"of a model that has {depth}"):
        freeze_lowest(model, depth + 1)
