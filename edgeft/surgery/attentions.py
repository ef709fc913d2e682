"""Where the attention of each layer is, and what its linear maps are called."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from edgeft.errors import ModelError
from edgeft.surgery.layers import depth_of, layer_lists
from edgeft.surgery.neurons import is_linear

INTO_AND_OUT = (
    (  # BERT, RoBERTa, ELECTRA
        ("attention.self.query", "attention.self.key", "attention.self.value"),
        "attention.output.dense",
    ),
    (  # DeBERTa
        ("attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj"),
        "attention.output.dense",
    ),
    (("attention.q_lin", "attention.k_lin", "attention.v_lin"), "attention.out_lin"),  # DistilBERT
    (("attention.attn.q", "attention.attn.k", "attention.attn.v"), "attention.attn.o"),  # MPNet
    (  # EuroBERT and what is built like Llama
        ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        "self_attn.o_proj",
    ),
    (("attn.Wqkv",), "attn.Wo"),  # ModernBERT: all three in one, one after another
)
"""within a layer: the linear maps to queries, keys and values, and the one that leads away"""
FURTHER = ("attention.self.pos_query_proj", "attention.self.pos_key_proj")
"""maps of positions to queries and keys that DeBERTa may have besides"""
PREFIXES = "prefixes"
"""what a model that has prefixes calls its list of them (edgeft.architectures.prefixed)"""


@dataclass(frozen=True)
class Attention:
    """One layer's attention, its maps by their names in the model."""

    into: tuple[str, ...]
    """to queries, keys and values, or one to all three"""
    out: str
    further: tuple[str, ...] = ()
    """of positions to queries and keys"""
    prefix: tuple[str, ...] = ()
    """weights (tokens, hidden) that stand before its keys and values"""


def attentions(model: nn.Module) -> list[Attention]:
    """The attention of each layer, in order; raises ModelError for an unknown kind."""
    depth = depth_of(model)
    for layers in layer_lists(model, depth):
        places = [f"{layers}.{layer}" for layer in range(depth)]
        for into, out in INTO_AND_OUT:
            found = [
                Attention(
                    tuple(f"{place}.{name}" for name in into),
                    f"{place}.{out}",
                    tuple(
                        f"{place}.{name}" for name in FURTHER if is_linear(model, f"{place}.{name}")
                    ),
                    prefix_of(model, layer),
                )
                for layer, place in enumerate(places)
            ]
            if all(is_linear(model, name) for each in found for name in (*each.into, each.out)):
                return found
    raise ModelError(
        f"{type(model).__name__} has no queries, keys and values of a known kind in its layers",
        hint="leave out what is about its attention: heads, `width`, `relation`",
    )


def prefix_of(model: nn.Module, layer: int) -> tuple[str, ...]:
    """The names of the keys and values that a layer reads before its own, if there are any."""
    own = f".{PREFIXES}.{layer}."
    return tuple(name for name, _ in model.named_parameters() if own in name)


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


def in_each_part(places: Tensor, width: int, size: int) -> Tensor:
    """Places (n,) of `width` on an axis that has this width once, or several times in a row.

    One map to queries, keys and values at once has it three times.
    """
    return (torch.arange(max(1, size // width))[:, None] * width + places).flatten()


def head_width(model: Any) -> int:
    """How many of an attention's dimensions are one head's."""
    config = model.config
    return int(
        getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    )
