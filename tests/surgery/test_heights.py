"""Every weight learns at the rate of its height."""

from pathlib import Path

import pytest
import torch
from torch import nn

from edgeft.context import Context
from edgeft.errors import ModelError
from edgeft.surgery.heights import freeze_lowest, heights, rates
from edgeft.training.trainer import LengthTrainer, Tricks

LABELS = ["no", "yes"]


@pytest.mark.parametrize("pooling", [None, "mean"])
def test_rates_fall_from_layer_to_layer(
    each_tiny_base: Path, context: Context, pooling: str | None
) -> None:
    model = context.task.load_model(each_tiny_base, LABELS, pooling=pooling)
    found, depth = heights(model)
    assert set(found.values()) == set(range(depth + 2))
    shares = rates(model, 0.5)
    assert shares.keys() == dict(model.named_parameters()).keys()
    for name, share in shares.items():
        assert share == 0.5 ** (depth + 1 - found[name])
        if any(each in name for each in ("classifier", "final_norm", "pooler")):
            assert share == 1
        if "embeddings" in name:
            assert share == 0.5 ** (depth + 1)


def test_an_optimizer_has_a_group_for_each_rate() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    names = {weight: name for name, weight in model.named_parameters()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=0.25)
    trainer = LengthTrainer.__new__(LengthTrainer)
    trainer.tricks = Tricks({"0.weight": 0.5, "0.bias": 0.5})
    (group,) = optimizer.param_groups
    found = list(trainer.by_rate(group, names))
    assert [(each["lr"], each["weight_decay"]) for each in found] == [(0.5, 0.25), (1.0, 0.25)]
    assert [[names[weight] for weight in each["params"]] for each in found] == [
        ["0.weight", "0.bias"],
        ["1.weight", "1.bias"],
    ]


def test_frozen_layers_are_the_lowest(each_tiny_base: Path, context: Context) -> None:
    model = context.task.load_model(each_tiny_base, LABELS)
    found, depth = heights(model)
    freeze_lowest(model, 1)
    trained = {found[name] for name, each in model.named_parameters() if each.requires_grad}
    assert trained == set(range(2, depth + 2))
    with pytest.raises(ModelError, match=f"of a model that has {depth}"):
        freeze_lowest(model, depth + 1)
