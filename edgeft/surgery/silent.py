"""Attention heads that are silent: the weights that lead to and from them are zero.

Where a configuration cannot say that its layers have fewer heads of the same width, as those of
BERT and its kin cannot, heads are silenced instead of removed: transformers loads the model as
before. Training all weights leaves it so, for each gradient of a silent head is a product with
another of its zero weights; adapters (LoRA) and the noise of a private training give it a voice
again. What is made for computing alone, such as an exported graph, does without silent heads.
"""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from edgeft.surgery.attentions import (
    attentions,
    dimensions_of,
    head_axes,
    head_width,
    in_each_part,
)
from edgeft.surgery.families import can_be_silenced
from edgeft.surgery.neurons import best


def silenced(model: Any, scores: list[Tensor] | Tensor, size: int) -> Any:
    """A copy of the model in which all but the `size` best heads of each layer are silent.

    `scores` are (layers, heads), greater is better.
    """
    found = copy.deepcopy(model)
    for parameter, axis, kept in axes(found, [best(each, size) for each in scores]):
        stay = parameter.detach().index_select(axis, kept)
        parameter.data = torch.zeros_like(parameter).index_copy(axis, kept, stay)
    return found


def without_silent(model: Any) -> Any:
    """The model itself, its silent heads taken out in place, one a layer left at least.

    It computes the same, but no configuration describes it: it cannot be saved. A model without
    silent heads stays as it is.
    """
    if can_be_silenced(model.config.model_type):
        for parameter, axis, kept in axes(model, heard(model)):
            parameter.data = parameter.detach().index_select(axis, kept)
    return model


def parameters_without_silent(model: Any) -> int:
    """How many parameters the model has, those of silent heads not counted."""
    count = int(model.num_parameters())
    if can_be_silenced(model.config.model_type):
        for parameter, axis, kept in axes(model, heard(model)):
            size = parameter.shape[axis]
            count -= parameter.numel() // size * (size - len(kept))
    return count


def heard(model: Any) -> list[Tensor]:
    """The heads of each layer whose output is not all multiplied by zero; of none, the first."""
    found = []
    for each in attentions(model):
        weight = model.get_submodule(each.out).weight.detach()  # (hidden, heads * width)
        heads = weight.unflatten(1, (-1, head_width(model)))
        kept = heads.any(dim=2).any(dim=0).nonzero().flatten()
        found.append(kept if len(kept) else kept.new_zeros(1))
    return found


def axes(model: Any, heads: list[Tensor]) -> Iterator[tuple[nn.Parameter, int, Tensor]]:
    """Each weight that has dimensions of heads, on which axis, and which of them some `heads` are.

    `heads` are (kept,) a layer.
    """
    hidden, width = model.config.hidden_size, head_width(model)
    parameters = dict(model.named_parameters())
    places = head_axes(model, [dimensions_of(each, width) for each in heads])
    for (key, axis), kept in places.items():
        if key in parameters:  # not every map has a bias
            size = parameters[key].shape[axis]
            yield parameters[key], axis, in_each_part(kept, hidden, size)
