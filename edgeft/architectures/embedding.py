"""A sentence encoder: the pooled vector of a text, of length 1, is the answer.

Pooling and normalization are inside, so that a graph made of it gives vectors whose products are
cosines (Reimers and Gurevych 2019, "Sentence-BERT"), over any encoder that transformers knows.
"""

from functools import cache
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from edgeft.architectures import EMBEDDING
from edgeft.architectures.over_encoders import (
    OverEncoder,
    classes_over,
    encoder_kind,
    entries_of,
    register_over,
)
from edgeft.architectures.pooled import pool

LEAST = 1e-12
"""length that a vector is taken to have at least"""


class Embedding(OverEncoder):
    """The pooled vector itself; its logits are (batch, hidden)."""

    def build(self, config: Any) -> None:
        self.pooling = config.pooling
        self.dropout = nn.Identity()
        self.classifier = Unit()

    def vectors(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return pool(hidden, mask, self.pooling)


class Unit(nn.Module):
    """Divides vectors by their length."""

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Vectors (batch, hidden) of length 1; what has none stays 0."""
        lengths = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
        return vectors / lengths.clamp(min=LEAST)  # normalize() would lose the width in a graph


def embedding_config(config: PreTrainedConfig, pooling: str | None) -> PreTrainedConfig:
    """The configuration of a sentence encoder over the encoder that `config` describes.

    `pooling` is another than the one that it has. Raises ModelError for a model that has no encoder
    whose token vectors could be pooled.
    """
    kind: Any = type(config)
    if not config.model_type.startswith(EMBEDDING):
        kind = classes(encoder_kind(config, hint="name an encoder, such as BERT's"))[0]
    asked = {} if pooling is None else {"pooling": pooling}
    return kind(**entries_of(config) | {"id2label": {}, "label2id": {}} | asked)


def register(model_type: str) -> None:
    """Let transformers' Auto classes find the sentence encoder of a `model_type` that is one."""
    register_over(model_type, EMBEDDING, classes)


@cache
def classes(kind: Any) -> tuple[Any, Any]:
    """The configuration and the model over encoders of a kind, known to the Auto classes."""
    return classes_over(kind, EMBEDDING, "Embedding", Embedding, {"pooling": "mean"})
