"""A student made of some of a model's encoder layers, whatever its architecture calls them."""

import copy
from itertools import pairwise
from typing import Any

from torch import nn

from edgeft.errors import ModelError
from edgeft.surgery.rebuilding import fitting, rebuilt

PER_LAYER = ("layer_types", "mlp_layer_types", "attention_window")
"""configuration entries that transformers keeps one of for each layer"""


def with_layers(model: Any, keep: int | list[int]) -> tuple[Any, list[int]]:
    """A new model of the same class with only the layers to keep, and their numbers.

    Everything outside the layers (embeddings, pooler, head) is copied. Raises ModelError where
    the model has no such layers, or where they do not fit into their new places.
    """
    name = type(model).__name__
    depth = depth_of(model)
    lists = layer_lists(model, depth)
    if not lists:
        raise ModelError(
            f"{name} has no list of {depth} encoder layers to choose from",
            hint="set `student:` to a smaller model to start from",
        )
    layers = chosen_layers(keep, depth)
    with fitting(
        f"layers {layers} of {name} do not fit a model of {len(layers)}",
        "keep layer 0 as well, or set `student:` to a smaller model",
    ):
        state = moved(model.state_dict(), lists, layers)
        return rebuilt(model, shortened(model.config, layers), state), layers


def depth_of(model: Any) -> int:
    """How many encoder layers the configuration speaks of, through its own name for that."""
    depth = getattr(model.config, "num_hidden_layers", None)
    if not isinstance(depth, int):
        raise ModelError(
            f"the configuration of {type(model).__name__} does not say how many layers it has",
            hint="set `student:` to a smaller model to start from",
        )
    return depth


def layer_lists(model: nn.Module, depth: int) -> list[str]:
    """Names of the outermost module lists with one entry a layer; most models have one."""
    found: list[str] = []
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{outer}.") for outer in found)
        if isinstance(module, nn.ModuleList) and len(module) == depth and not inside:
            found.append(name)
    return found


def chosen_layers(keep: int | list[int], depth: int) -> list[int]:
    """The numbers of the layers to keep out of `depth`; raises ModelError for impossible ones."""
    if isinstance(keep, int):
        if not 1 <= keep <= depth:
            raise ModelError(
                f"keep: {keep} layers out of {depth} cannot be", hint=f"take 1 to {depth}"
            )
        return evenly_spaced(keep, depth)
    if not keep or keep[0] < 0 or keep[-1] >= depth or any(a >= b for a, b in pairwise(keep)):
        raise ModelError(
            f"keep: {keep} does not name layers of a model that has 0 to {depth - 1}",
            hint="list their numbers in rising order, such as [0, 5]",
        )
    return keep


def evenly_spaced(keep: int, depth: int) -> list[int]:
    """`keep` of the layers 0 to depth - 1, the first and the last among them; one is the first."""
    if keep == 1:
        return [0]
    return [round(place * (depth - 1) / (keep - 1)) for place in range(keep)]


def shortened(config: Any, layers: list[int]) -> Any:
    """A copy of a model's configuration for a model of only these layers."""
    short = copy.deepcopy(config)
    for name in PER_LAYER:
        entries = getattr(config, name, None)
        if isinstance(entries, list):
            setattr(short, name, [entries[layer] for layer in layers])
    short.num_hidden_layers = len(layers)
    return short


def moved(state: dict[str, Any], lists: list[str], layers: list[int]) -> dict[str, Any]:
    """The state with layers[i] of each list in place i, and the other layers left out."""
    places = {
        f"{name}.{layer}": f"{name}.{place}" for name in lists for place, layer in enumerate(layers)
    }
    kept: dict[str, Any] = {}
    for key, tensor in state.items():
        owner = next((name for name in lists if key.startswith(f"{name}.")), None)
        if owner is None:
            kept[key] = tensor
            continue
        number, _, rest = key.removeprefix(f"{owner}.").partition(".")
        place = places.get(f"{owner}.{number}")
        if place is not None:
            kept[f"{place}.{rest}"] = tensor
    return kept
