"""A model with fewer attention heads in each layer, the ones with the highest scores.

Where a configuration states the width of a head (`head_dim`) apart from the number of heads, as
EuroBERT's does and those of models built like Llama, it is a smaller model. BERT, RoBERTa, ELECTRA,
DistilBERT and ModernBERT take the width of a head to be hidden size / heads, so that a model of
theirs with fewer heads of the same width is none that transformers could load: in these the others
fall silent (edgeft.surgery.silent).
"""

import copy
from typing import Any

from huggingface_hub.errors import StrictDataclassClassValidationError
from torch import Tensor, nn

from edgeft.errors import ModelError
from edgeft.surgery.attentions import Attention, attentions
from edgeft.surgery.families import can_be_silenced
from edgeft.surgery.neurons import best
from edgeft.surgery.rebuilding import fitting, rebuilt
from edgeft.surgery.silent import heard, silenced


def removable(model: Any) -> list[Attention]:
    """Each layer's attention; raises ModelError for a model that cannot do with fewer heads."""
    layers = attentions(model)
    if not (states_width(model) or can_be_silenced(model.config.model_type)):
        raise ModelError(
            f"{type(model).__name__} cannot lose heads: its configuration takes the width of a"
            " head to be hidden size / heads, and its attention counts on all of them",
            hint="leave `heads` or `attention_heads` out, and remove neurons or layers, or make a"
            " narrower student: distill: {width: N} takes heads and dimensions together",
        )
    return layers


def states_width(model: Any) -> bool:
    """Whether the configuration states the width of a head apart from their number."""
    return getattr(model.config, "head_dim", None) is not None


def heads_of(model: Any) -> int:
    """How many heads each layer has; heads that share their key and value count as one."""
    config = model.config
    return int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)


def live_heads(model: Any) -> int:
    """How many of these are not silent, in the layer that has most of them."""
    return heads_of(model) if states_width(model) else max(map(len, heard(model)))


def head_inputs(model: Any) -> tuple[list[nn.Module], int]:
    """The maps that lead away from each layer's heads, and how many inputs each head has there."""
    modules = [model.get_submodule(each.out) for each in removable(model)]
    return modules, modules[0].in_features // heads_of(model)


def with_heads(model: Any, scores: list[Tensor] | Tensor, size: int) -> Any:
    """A new model of the same class with the `size` best heads of each layer, in their order.

    `scores` are (layers, heads), greater is better, such as those of `edgeft.surgery.importance`;
    heads are those of `heads_of`. Where the configuration states no width of a head, the model has
    all of its weights, those of the other heads zero. Raises ModelError for a size that cannot be,
    and for a model that cannot lose heads.
    """
    layers, heads = removable(model), heads_of(model)
    if not 1 <= size <= heads:
        raise ModelError(
            f"{size} of {heads} attention heads in each layer cannot be",
            hint=f"take 1 to {heads}",
        )
    if not states_width(model):
        return silenced(model, scores, size)
    state = model.state_dict()
    for each, found in zip(layers, scores, strict=True):
        kept = best(found, size)
        for name in each.into:
            for key in (f"{name}.weight", f"{name}.bias"):
                if key in state:
                    state[key] = state[key].unflatten(0, (heads, -1))[kept].flatten(0, 1)
        key = f"{each.out}.weight"
        state[key] = state[key].unflatten(1, (heads, -1))[:, kept].flatten(1, 2)
    config = copy.deepcopy(model.config)
    config.num_attention_heads = config.num_attention_heads // heads * size
    if getattr(config, "num_key_value_heads", None):
        config.num_key_value_heads = size
    try:
        config.validate()
    except StrictDataclassClassValidationError as error:
        raise ModelError(
            f"{size} of {heads} attention heads in each layer cannot be:"
            f" {error.__cause__ or error}",
            hint="take another number, such as half of them",
        ) from error
    with fitting(
        f"{type(model).__name__} cannot have {size} attention heads in each layer",
        "leave its heads as they are, and take layers away",
    ):
        return rebuilt(model, config, state)
