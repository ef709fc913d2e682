"""A text classifier that reads where two marked parts of a text begin.

Each part has a mark before it, a token that stands in the text once. The head reads the encoder's
vectors of both marks, the first part's and then the second's, so it knows one from the other
(Baldini Soares et al. 2019, "Matching the blanks", entity start states,
https://arxiv.org/abs/1906.03158).
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from edgeft.architectures import MARKED
from edgeft.architectures.over_encoders import (
    OverEncoder,
    classes_over,
    encoder_kind,
    entries_of,
    register_over,
)


class Marked(OverEncoder):
    """One linear map over the vectors of both marks."""

    def build(self, config: Any) -> None:
        self.marks = (config.head_token_id, config.tail_token_id)
        self.dropout = nn.Dropout(config.marked_dropout)
        self.classifier = nn.Linear(2 * config.hidden_size, config.num_labels)

    def read(self, hidden: torch.Tensor, mask: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return torch.cat([at_first(hidden, ids, mark) for mark in self.marks], dim=-1)


def at_first(hidden: torch.Tensor, ids: torch.Tensor, mark: list[int]) -> torch.Tensor:
    """The vectors (batch, hidden) at the first token that is one of `mark`, 0 where there is none.

    `hidden` is (batch, tokens, hidden), `ids` are (batch, tokens).
    """
    here = ids == mark[0]
    for each in mark[1:]:
        here = here | (ids == each)
    found = here.to(hidden.dtype)
    first = found * (found.cumsum(dim=1) == 1).to(hidden.dtype)  # (batch, tokens)
    return (hidden * first.unsqueeze(-1)).sum(dim=1)


def marked_config(
    config: PreTrainedConfig, marks: Callable[[], dict[str, list[int]]], **values: Any
) -> PreTrainedConfig:
    """The configuration of such a classifier over the encoder that `config` describes.

    `marks` gives head_token_id and tail_token_id, where the configuration has none; `values` are
    further entries, or others. Raises ModelError for a model without an encoder to be read.
    """
    kind: Any = type(config)
    if config.model_type.startswith(MARKED):
        return kind(**entries_of(config) | values)
    made = classes(encoder_kind(config, hint="name an encoder, such as BERT's"))[0]
    found: PreTrainedConfig = made(**entries_of(config) | marks() | values)
    return found


def register(model_type: str) -> None:
    """Let transformers' Auto classes find the classifier of a `model_type`, if it is one."""
    register_over(model_type, MARKED, classes)


@cache
def classes(kind: Any) -> tuple[Any, Any]:
    """The configuration and the model over encoders of a kind, known to the Auto classes."""
    entries: dict[str, Any] = {"head_token_id": [], "tail_token_id": [], "marked_dropout": 0.1}
    return classes_over(kind, MARKED, "Marked", Marked, entries)
