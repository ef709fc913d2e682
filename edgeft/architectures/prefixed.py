"""A pooled classifier whose encoder's layers read trained keys and values before those of a text.

(Li and Liang 2021, "Prefix-Tuning", https://arxiv.org/abs/2101.00190; Liu et al. 2022, "P-Tuning
v2", https://arxiv.org/abs/2110.07602) The vectors are weights of the encoder, so that whatever
reads or cuts this reads and cuts them too. They take no positions away: a text's first token has
position 0.
"""

from functools import cache
from typing import Any, cast

import torch
from torch import nn
from transformers import MODEL_MAPPING, AutoModelForSequenceClassification, PreTrainedModel

from edgeft.architectures import PREFIXED
from edgeft.architectures.over_encoders import classes_over, entries_of, register_over
from edgeft.architectures.pooled import Pooled

Pair = tuple[torch.Tensor, torch.Tensor]


class Prefix(nn.Module):
    """The keys and values of one layer, (tokens, hidden) each, the heads side by side."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.keys = nn.Parameter(torch.zeros(tokens, width))
        self.values = nn.Parameter(torch.zeros(tokens, width))


class Prefixes(nn.ModuleList):
    """The prefix of each layer."""

    def __init__(self, config: Any) -> None:
        tokens, width = config.prefix_tokens, config.hidden_size
        super().__init__(Prefix(tokens, width) for _ in range(config.num_hidden_layers))

    def pairs(self) -> list[Pair]:
        """Keys and values of every layer, (tokens, hidden) each."""
        return [(cast(Prefix, each).keys, cast(Prefix, each).values) for each in self]


class Before:
    """What the layers take for a cache of earlier tokens: it puts each layer's prefix there."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.pairs = pairs

    def get_seq_length(self, *_: Any) -> int:
        """How many positions are taken: none."""
        return 0

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The prefix of a layer, and behind it the text's (batch, heads, tokens, width)."""
        before = (of_heads(each, keys) for each in self.pairs[layer])
        first, second = (
            torch.cat([prefix, own], dim=2)
            for prefix, own in zip(before, (keys, values), strict=True)
        )
        return first, second


def of_heads(prefix: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """A prefix (tokens, hidden) as keys (batch, heads, any, width) are: for every text and head."""
    found = prefix.to(keys.dtype).unflatten(1, (-1, keys.shape[3])).transpose(0, 1)
    return found.unsqueeze(0).expand(keys.shape[0], -1, -1, -1)


def without(attention: torch.Tensor, tokens: int) -> torch.Tensor:
    """Attention maps (batch, heads, queries, keys) without the first `tokens` keys."""
    own = attention[..., tokens:]
    return own / own.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(own.dtype).tiny)


class PrefixedEncoder:
    """What encoders with prefixes have in common, beside their own class."""

    prefixes: Prefixes

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        **further: Any,
    ) -> Any:
        """As the encoder answers ids (batch, tokens), with prefixes that every token reads.

        Attention maps, where they are asked for, are of a text's own tokens and sum to 1.
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        pairs = self.prefixes.pairs()
        seen = torch.ones_like(attention_mask[:, :1]).expand(-1, len(pairs[0][0]))
        found = super().forward(  # type: ignore[misc]  # the encoder's own class comes next
            input_ids,
            attention_mask=torch.cat([seen, attention_mask], dim=1),
            past_key_values=Before(pairs),
            **further,
        )
        if found.get("attentions"):
            found["attentions"] = tuple(without(each, seen.shape[1]) for each in found.attentions)
        return found

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, Prefix):
            deviation = cast(PreTrainedModel, self).config.initializer_range
            nn.init.normal_(module.keys, std=deviation)
            nn.init.normal_(module.values, std=deviation)
        else:
            super()._init_weights(module)  # type: ignore[misc]


class Prefixed(Pooled):
    """One linear map over a pooled vector, of an encoder with prefixes."""

    def build(self, config: Any) -> None:
        super().build(config)
        cast(Any, self).base_model.prefixes = Prefixes(config)


def prefixed(model: PreTrainedModel, pairs: list[Pair]) -> PreTrainedModel:
    """A pooled classifier with keys and values (tokens, hidden) before those of each layer."""
    kind = type(model.config).__mro__[1]  # the encoder's own
    config, _ = classes(kind)
    made: PreTrainedModel = AutoModelForSequenceClassification.from_config(
        config(**entries_of(model.config) | {"prefix_tokens": len(pairs[0][0])})
    )
    state = model.state_dict()
    for layer, (keys, values) in enumerate(pairs):
        place = f"{made.base_model_prefix}.prefixes.{layer}"
        state |= {f"{place}.keys": keys, f"{place}.values": values}
    made.load_state_dict(state, strict=True)
    return made


def register(model_type: str) -> None:
    """Let transformers' Auto classes find the classifiers of a `model_type` that is one."""
    register_over(model_type, PREFIXED, classes)


@cache
def classes(kind: Any) -> tuple[Any, Any]:
    """The configuration and the model over encoders of a kind, known to the Auto classes."""
    entries = {"pooling": "mean", "pooled_dropout": 0.1, "prefix_tokens": 16}
    config, model = classes_over(kind, PREFIXED, "Prefixed", Prefixed, entries)
    encoder = MODEL_MAPPING[kind]
    model.encoder_class = type(
        f"Prefixed{encoder.__name__}", (PrefixedEncoder, encoder), {"__module__": __name__}
    )
    return config, model
