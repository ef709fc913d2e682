"""A text classifier that reads a masked word as the masked language model does that it is made of.

The encoder's vector at the mask goes through the language model's own transform; the head has a row
for each label, which begins as the mean of the rows that predict the label's words (Schick and
Schuetze 2021, "Exploiting cloze questions", https://arxiv.org/abs/2001.07676). The mask
stands at a fixed distance from the first or the last token where the tokenizer puts it there, and
else anywhere in the text.
"""

from functools import cache
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig
from transformers.activations import ACT2FN

from edgeft.architectures import CLOZE
from edgeft.architectures.marked import at_first
from edgeft.architectures.over_encoders import (
    OverEncoder,
    classes_over,
    entries_of,
    register_over,
)


class Cloze(OverEncoder):
    """A masked language model's transform, and one linear map, over the vector of the mask."""

    def build(self, config: Any) -> None:
        self.place, self.mask = config.cloze_place, config.cloze_token_id
        self.transform = nn.Linear(
            config.hidden_size, config.cloze_width, bias=config.cloze_transform_bias
        )
        self.activation = ACT2FN[config.cloze_activation]
        self.transform_norm = nn.LayerNorm(
            config.cloze_width, eps=config.cloze_eps, bias=config.cloze_norm_bias
        )
        self.dropout = nn.Dropout(config.cloze_dropout)
        self.classifier = nn.Linear(config.cloze_width, config.num_labels)

    def read(self, hidden: torch.Tensor, mask: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        there = at_first(hidden, ids, self.mask) if self.mask else at(hidden, mask, self.place)
        mapped: torch.Tensor = self.transform_norm(self.activation(self.transform(there)))
        return mapped


def at(hidden: torch.Tensor, mask: torch.Tensor, place: int) -> torch.Tensor:
    """The vectors (batch, hidden) at a place of each text, of (batch, tokens, hidden).

    The place counts from the first token, or where it is negative back from the end of what the
    mask (batch, tokens) shows: -1 is a text's last token. Texts are padded at the right.
    """
    if place >= 0:
        return hidden[:, place]
    wanted = mask.sum(dim=1, keepdim=True) + place  # (batch, 1)
    here = torch.arange(mask.shape[1], device=mask.device)[None] == wanted  # (batch, tokens)
    return (here.to(hidden.dtype).unsqueeze(1) @ hidden).squeeze(1)


def cloze_model(config: PreTrainedConfig, **entries: Any) -> Any:
    """A new classifier over the encoder that `config` describes; `entries` say the rest of it."""
    kind: Any = type(config)
    cloze_config, model = classes(kind)
    return model(cloze_config(**entries_of(config) | entries))


def register(model_type: str) -> None:
    """Let transformers' Auto classes find the cloze classifiers of a `model_type`, if it is one."""
    register_over(model_type, CLOZE, classes)


@cache
def classes(kind: Any) -> tuple[Any, Any]:
    """The configuration and the model over encoders of a kind, known to the Auto classes."""
    entries: dict[str, Any] = {
        "cloze_place": 1,
        "cloze_token_id": [],
        "cloze_width": 768,
        "cloze_activation": "gelu",
        "cloze_eps": 1e-12,
        "cloze_transform_bias": True,
        "cloze_norm_bias": True,
        "cloze_dropout": 0.1,
    }
    return classes_over(kind, CLOZE, "Cloze", Cloze, entries)
