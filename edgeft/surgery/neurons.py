"""A model with fewer feed-forward neurons in each layer, the ones with the highest scores."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from edgeft.errors import ModelError
from edgeft.surgery.layers import depth_of, layer_lists
from edgeft.surgery.rebuilding import fitting, rebuilt

INTO_AND_OUT = (
    (("intermediate.dense",), "output.dense"),  # BERT, RoBERTa, ELECTRA, DeBERTa, MPNet
    (("ffn.lin1",), "ffn.lin2"),  # DistilBERT
    (("mlp.Wi",), "mlp.Wo"),  # ModernBERT: the rows of the activation, then those of its gate
    (("mlp.gate_proj", "mlp.up_proj"), "mlp.down_proj"),  # EuroBERT and what is built like Llama
)
"""within a layer: the linear maps that lead to its neurons, and the one that leads away"""
WIDTHS = ("intermediate_size", "hidden_dim")
"""what configurations call the number of neurons"""


@dataclass(frozen=True)
class FeedForward:
    """One layer's feed-forward network, its maps by their names in the model."""

    into: tuple[str, ...]
    out: str


def feed_forwards(model: nn.Module) -> list[FeedForward]:
    """The feed-forward network of each layer, in order; raises ModelError for an unknown kind."""
    for layers in layer_lists(model, depth_of(model)):
        for into, out in INTO_AND_OUT:
            found = [
                FeedForward(
                    tuple(f"{layers}.{layer}.{name}" for name in into), f"{layers}.{layer}.{out}"
                )
                for layer in range(depth_of(model))
            ]
            if all(is_linear(model, name) for each in found for name in (*each.into, each.out)):
                return found
    raise ModelError(
        f"{type(model).__name__} has no feed-forward networks of a known kind in its layers",
        hint="its neurons cannot be removed; leave `neurons` out",
    )


def is_linear(model: nn.Module, name: str) -> bool:
    """Whether a module of that name is there, and a linear map."""
    try:
        return isinstance(model.get_submodule(name), nn.Linear)
    except AttributeError:
        return False


def neurons_of(model: Any) -> int:
    """How many neurons each layer has."""
    return int(model.get_submodule(feed_forwards(model)[0].out).in_features)


def narrowed(model: Any, scores: list[Tensor] | Tensor, size: int) -> Any:
    """A new model of the same class with the `size` best neurons of each layer, in their order.

    `scores` are (layers, neurons), greater is better, such as those of
    `edgeft.surgery.importance`. All layers get the same number, for that is what a configuration
    can say. Raises ModelError for a size that cannot be.
    """
    width = neurons_of(model)
    if not 1 <= size <= width:
        raise ModelError(
            f"neurons: {size} of {width} in each layer cannot be", hint=f"take 1 to {width}"
        )
    state = model.state_dict()
    for each, found in zip(feed_forwards(model), scores, strict=True):
        kept = best(found, size)
        state[f"{each.out}.weight"] = state[f"{each.out}.weight"][:, kept]
        for name in each.into:
            for key in (f"{name}.weight", f"{name}.bias"):
                if key in state:
                    halves = state[key].unflatten(0, (-1, width))  # (1, or 2 with a gate, neurons)
                    state[key] = halves[:, kept].flatten(0, 1)
    config = copy.deepcopy(model.config)
    setattr(config, next(name for name in WIDTHS if hasattr(config, name)), size)
    with fitting(
        f"{type(model).__name__} cannot have {size} neurons in each layer",
        "leave its neurons as they are, and take layers away",
    ):
        return rebuilt(model, config, state)


def best(scores: Tensor, size: int) -> Tensor:
    """Where the `size` highest of `scores` (width,) are, in rising order; the first of equals."""
    return torch.sort(scores.argsort(descending=True, stable=True)[:size]).values
