"""A text classifier whose encoder's token vectors are pooled as the encoder was trained to.

What a sentence encoder learnt, it says in the mean of its token vectors, or in its first one. The
classifiers of transformers read neither as it is: BERT's puts the first vector through a pooler
that no sentence was ever trained with. Here one linear map reads the pooled vector (Reimers and
Gurevych 2019, "Sentence-BERT"), over any encoder that transformers knows.
"""

from functools import cache
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from edgeft.architectures import POOLED, PREFIXED
from edgeft.architectures.over_encoders import (
    OverEncoder,
    classes_over,
    encoder_kind,
    entries_of,
    register_over,
)
from edgeft.architectures.remembering import Remembering

ENTRIES = {"pooling": "mean", "pooled_dropout": 0.1, "head_examples": 0, "head_sharpness": 0.0}
"""what a configuration says beside its encoder: `head_examples` are places of a label"""


class Pooled(OverEncoder):
    """One linear map over a pooled vector, which may know examples of its labels."""

    def build(self, config: Any) -> None:
        self.pooling = config.pooling
        self.dropout = nn.Dropout(config.pooled_dropout)
        shape = config.hidden_size, config.num_labels
        self.classifier = (
            Remembering(*shape, config.head_examples, config.head_sharpness)
            if config.head_examples
            else nn.Linear(*shape)
        )

    def vectors(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return pool(hidden, mask, self.pooling)


def pool(hidden: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """One vector a text, (batch, hidden), of its tokens' (batch, tokens, hidden).

    Their mean where the mask (batch, tokens) is not 0, or the first one.
    """
    if pooling == "first":
        return hidden[:, 0]
    weights = mask.to(hidden.dtype).unsqueeze(-1)  # (batch, tokens, 1)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def pooled_config(config: PreTrainedConfig, pooling: str, **values: Any) -> PreTrainedConfig:
    """The configuration of a pooled classifier over the encoder that `config` describes.

    `values` are further entries, or others. Raises ModelError for a model that has no encoder whose
    token vectors could be pooled.
    """
    kind: Any = type(config)
    if not config.model_type.startswith((POOLED, PREFIXED)):
        kind = classes(encoder_kind(config, hint="set pooling: own"))[0]
    return kind(**entries_of(config) | {"pooling": pooling} | values)


def register(model_type: str) -> None:
    """Let transformers' Auto classes find the pooled classifiers of a `model_type` that is one."""
    register_over(model_type, POOLED, classes)


@cache
def classes(kind: Any) -> tuple[Any, Any]:
    """The configuration and the model over encoders of a kind, known to the Auto classes."""
    return classes_over(kind, POOLED, "Pooled", Pooled, ENTRIES)
