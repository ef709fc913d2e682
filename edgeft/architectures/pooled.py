"""A text classifier whose encoder's token vectors are pooled as the encoder was trained to.

What a sentence encoder learnt, it says in the mean of its token vectors, or in its first one. The
classifiers of transformers read neither as it is: BERT's puts the first vector through a pooler
that no sentence was ever trained with. Here one linear map reads the pooled vector (Reimers and
Gurevych 2019, "Sentence-BERT"), over any encoder that transformers knows.
"""

import inspect
from functools import cache
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional
from transformers import CONFIG_MAPPING, MODEL_MAPPING, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from edgeft.architectures import POOLED
from edgeft.architectures.over_encoders import classes_over
from edgeft.errors import ModelError


class Pooled:
    """What the classifiers have in common, beside the base class of their encoder."""

    encoder_class: type[PreTrainedModel]

    def __init__(self, config: Any) -> None:
        super().__init__(config)  # type: ignore[call-arg]  # the encoder's base class comes next
        model = cast(PreTrainedModel, self)
        pooler = "add_pooling_layer" in inspect.signature(self.encoder_class).parameters
        encoder = self.encoder_class(config, **({"add_pooling_layer": False} if pooler else {}))
        setattr(model, model.base_model_prefix, encoder)
        self.num_labels = config.num_labels
        self.pooling = config.pooling
        self.dropout = nn.Dropout(config.pooled_dropout)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        model.post_init()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        **further: Any,
    ) -> SequenceClassifierOutput:
        """Answer ids (batch, tokens) with logits (batch, labels), and `labels` with their loss."""
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        encoder = cast(PreTrainedModel, self).base_model
        found = encoder(input_ids, attention_mask=attention_mask, **further)
        vectors = pool(found.last_hidden_state, attention_mask, self.pooling)
        logits = self.classifier(self.dropout(vectors))
        loss = None if labels is None else functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(
            loss=loss,
            logits=logits,
            hidden_states=found.get("hidden_states"),
            attentions=found.get("attentions"),
        )


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
    if not config.model_type.startswith(POOLED):
        encoder = None if config.is_encoder_decoder else MODEL_MAPPING.get(kind, None)
        if not isinstance(encoder, type):
            raise ModelError(
                f"{config.model_type} models have no token vectors of an encoder to pool",
                hint="set pooling: own",
            )
        kind = classes(kind)[0]
    found = config.to_dict()
    for name in ("model_type", "architectures", "transformers_version"):
        found.pop(name, None)
    return kind(**found | {"pooling": pooling} | values)


def register(model_type: str) -> None:
    """Let transformers' Auto classes find the pooled classifiers of a `model_type`, if it is one.

    One over an encoder that this transformers does not know is left for it to name.
    """
    encoder = model_type.removeprefix(POOLED)
    if encoder != model_type and encoder in CONFIG_MAPPING:
        classes(CONFIG_MAPPING[encoder])


@cache
def classes(kind: Any) -> tuple[Any, Any]:
    """The configuration and the model over encoders of a kind, known to the Auto classes."""
    return classes_over(kind, POOLED, "Pooled", Pooled, {"pooling": "mean", "pooled_dropout": 0.1})
