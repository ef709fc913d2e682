"""How high a weight stands in its model: what is low learns slower, or not at all."""

import re

from transformers import PreTrainedModel

from edgeft.errors import ModelError
from edgeft.surgery.layers import depth_of, layer_lists


def height_of(name: str, lists: list[str], depth: int, prefix: str) -> int:
    """How high a weight stands: 0 for embeddings, 1 to `depth` for layers, depth + 1 above them."""
    for each in lists:
        found = re.search(rf"(?:^|\.){re.escape(each)}\.(\d+)\.", name)
        if found:
            return int(found.group(1)) + 1
    inside = f".{name}".find(f".{prefix}.") >= 0 and "pooler" not in name
    return 0 if inside else depth + 1


def heights(model: PreTrainedModel) -> tuple[dict[str, int], int]:
    """The height of each weight by its name, and the number of layers.

    Raises ModelError for a model without a list of layers.
    """
    depth = depth_of(model)
    lists = layer_lists(model, depth)
    if not lists:
        raise ModelError(
            f"{type(model).__name__} has no list of {depth} encoder layers",
            hint="leave layer_decay and freeze out",
        )
    prefix = model.base_model_prefix
    return {
        name: height_of(name, lists, depth, prefix) for name, _ in model.named_parameters()
    }, depth


def freeze_lowest(model: PreTrainedModel, layers: int) -> None:
    """Keep the embeddings and the lowest `layers` as they are; raises ModelError for too many."""
    found, depth = heights(model)
    if layers > depth:
        raise ModelError(
            f"freeze: {layers} layers of a model that has {depth}",
            hint=f"freeze at most {depth}",
        )
    for name, weight in model.named_parameters():
        if found[name] <= layers:
            weight.requires_grad_(False)


def rates(model: PreTrainedModel, decay: float) -> dict[str, float]:
    """The share of the learning rate for each weight by its name: decay^(layers below the top).

    ULMFiT's discriminative rates (Howard and Ruder 2018, https://arxiv.org/abs/1801.06146); what
    is above the layers keeps the whole rate, embeddings have the lowest.
    """
    found, depth = heights(model)
    return {name: decay ** (depth + 1 - height) for name, height in found.items()}
