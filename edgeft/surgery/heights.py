"""How high a weight stands in its model: what is low learns slower, or not at all."""

import re

from transformers import PreTrainedModel

from edgeft.errors import ModelError
from edgeft.surgery.layers import depth_of, layer_lists


def layer_of(name: str, lists: list[str]) -> int | None:
    """The number of the layer that a weight belongs to."""
    for each in lists:
        found = re.search(rf"(?:^|\.){re.escape(each)}\.(\d+)\.", name)
        if found:
            return int(found.group(1))
    return None


def heights(model: PreTrainedModel) -> tuple[dict[str, int], int]:
    """The height of each weight by its name, and the number of layers.

    It is 0 for embeddings, 1 to the number of layers for these, and one more for what stands above
    them: a last norm, a pooler, the head. Raises ModelError for a model without a list of layers.
    """
    depth = depth_of(model)
    lists = layer_lists(model, depth)
    if not lists:
        raise ModelError(
            f"{type(model).__name__} has no list of {depth} encoder layers",
            hint="leave layer_decay and freeze out",
        )
    found: dict[str, int] = {}
    for name, _ in model.named_parameters():
        layer = layer_of(name, lists)
        above = any(found.values()) and "embed" not in name
        found[name] = layer + 1 if layer is not None else (depth + 1) * above
    return found, depth


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
