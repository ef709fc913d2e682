"""A model of a smaller hidden width: the dimensions, and in each layer the heads, of most weight.

BERT and its kin take the width of a head to be hidden size / heads, so a narrower model of theirs
whose heads are as wide as before has fewer of them. Where a configuration states the width of a
head apart (`head_dim`), all heads stay. Where weights that all layers share have an entry a head,
as MPNet's biases of relative positions do, the same heads stay in every layer.
"""

import copy
from typing import Any

from torch import Tensor

from edgeft.errors import ModelError
from edgeft.surgery.attentions import dimensions_of, head_axes, head_width, in_each_part
from edgeft.surgery.importance import alike
from edgeft.surgery.neurons import best
from edgeft.surgery.rebuilding import fitting

ALIKE = ("embedding_size", "pooler_hidden_size")
"""further widths in configurations that shrink with the hidden one where they equal it"""


def width_of(model: Any) -> int:
    """The hidden width."""
    return int(model.config.hidden_size)


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
    with fitting(
        f"{type(model).__name__} cannot have a hidden width of {size}",
        "leave its width as it is, and take layers away",
    ):
        config = narrower(model.config, size, head if lose_heads else 0)
        return cut(model, config, dimensions, heads)


def narrower(config: Any, size: int, head: int) -> Any:
    """A configuration with another hidden width, and heads of width `head`; 0 leaves them all."""
    width = config.hidden_size
    config = copy.deepcopy(config)
    for name in ALIKE:
        if getattr(config, name, None) == width:
            setattr(config, name, size)
    config.hidden_size = size
    if head:
        config.num_attention_heads = size // head
    return config


def cut(model: Any, config: Any, dimensions: Tensor, heads: list[Tensor]) -> Any:
    """A model of a narrower configuration, with what the scores say is best of the weights."""
    width, head, size = width_of(model), head_width(model), config.hidden_size
    small, state = type(model)(config), model.state_dict()
    shapes = small.state_dict()
    shorter = [
        (key, axis)
        for key, tensor in state.items()
        for axis in range(tensor.dim())
        if tensor.shape[axis] != shapes[key].shape[axis]
    ]
    shared = [(key, axis) for key, axis in shorter if state[key].shape[axis] < width]
    if shared:  # an entry a head
        heads = [alike(heads)] * len(heads)
    kept = best(dimensions, size)
    stay = [best(each, size // head) for each in heads]
    of_heads = head_axes(model, [dimensions_of(each, head) for each in stay])
    of_heads |= dict.fromkeys(shared, stay[0])
    for key, axis in shorter:
        places = of_heads.get((key, axis), kept)
        places = in_each_part(places, width, state[key].shape[axis])
        state[key] = state[key].index_select(axis, places)
    small.load_state_dict(state, strict=True)
    return small
