"""A model of a smaller hidden width: the dimensions, and in each layer the heads, of most weight.

BERT and its kin take the width of a head to be hidden size / heads, so a narrower model of theirs
whose heads are as wide as before has fewer of them. Where a configuration states the width of a
head apart (`head_dim`), all heads stay. Where weights that all layers share have an entry a head,
as MPNet's biases of relative positions do, the same heads stay in every layer.
"""

import copy
from typing import Any

import torch
from torch import Tensor

from edgeft.errors import ModelError
from edgeft.surgery.attentions import attentions
from edgeft.surgery.importance import alike
from edgeft.surgery.neurons import best

ALIKE = ("embedding_size", "pooler_hidden_size")
"""further widths in configurations that shrink with the hidden one where they equal it"""


def width_of(model: Any) -> int:
    """The hidden width."""
    return int(model.config.hidden_size)


def head_width(model: Any) -> int:
    """How many of an attention's dimensions are one head's."""
    return int(
        getattr(model.config, "head_dim", None)
        or width_of(model) // model.config.num_attention_heads
    )


def with_width(model: Any, size: int, dimensions: Tensor, heads: list[Tensor]) -> Any:
    """A new model of the same class with `size` of the hidden dimensions, in their order.

    `dimensions` are scores (hidden,), `heads` scores (heads,) a layer; greater is better. Every
    axis that a model of that width has shorter is cut: those that lead into and out of heads, or
    have an entry a head, to the best heads, all others to the best dimensions. Raises ModelError
    for a size that cannot be.
    """
    width, head = width_of(model), head_width(model)
    lose_heads = getattr(model.config, "head_dim", None) is None
    if not 1 <= size <= width or (lose_heads and size % head):
        step = f"a multiple of {head}, the width of a head, " if lose_heads else ""
        raise ModelError(
            f"width: {size} of a hidden width of {width} cannot be",
            hint=f"take {step}up to {width}",
        )
    config = copy.deepcopy(model.config)
    for name in ALIKE:
        if getattr(config, name, None) == width:
            setattr(config, name, size)
    config.hidden_size = size
    if lose_heads:
        config.num_attention_heads = size // head
    small = type(model)(config)
    state, shapes = model.state_dict(), small.state_dict()
    cut = [
        (key, axis)
        for key, tensor in state.items()
        for axis in range(tensor.dim())
        if tensor.shape[axis] != shapes[key].shape[axis]
    ]
    shared = [(key, axis) for key, axis in cut if state[key].shape[axis] < width]
    if shared:  # an entry a head
        heads = [alike(heads)] * len(heads)
    kept = best(dimensions, size)
    stay = [best(each, size // head) for each in heads]
    of_heads = head_axes(model, [dimensions_of(each, head) for each in stay])
    of_heads |= dict.fromkeys(shared, stay[0])
    for key, axis in cut:
        places = of_heads.get((key, axis), kept)
        parts = max(1, state[key].shape[axis] // width)  # 3 where one map leads to all of a head's
        steps = torch.arange(parts)[:, None] * width
        state[key] = state[key].index_select(axis, (steps + places).flatten())
    small.load_state_dict(state, strict=True)
    return small


def head_axes(model: Any, places: list[Tensor]) -> dict[tuple[str, int], Tensor]:
    """The axes of weights that are heads' dimensions, and which of these stay in each layer."""
    found: dict[tuple[str, int], Tensor] = {}
    for attention, kept in zip(attentions(model), places, strict=True):
        for name in (*attention.into, *attention.further):
            found[f"{name}.weight", 0] = found[f"{name}.bias", 0] = kept
        found |= {(name, 1): kept for name in (f"{attention.out}.weight", *attention.prefix)}
    return found


def dimensions_of(heads: Tensor, width: int) -> Tensor:
    """The dimensions (heads * width,) of some heads (heads,)."""
    return (heads[:, None] * width + torch.arange(width)).flatten()
