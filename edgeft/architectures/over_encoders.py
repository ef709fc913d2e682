"""Classifiers over any encoder that transformers knows: their classes are made when needed.

A class stands on the base class of its kind of encoder, so that layers, weight names and options
stay what transformers says they are.
"""

import inspect
from collections.abc import Callable
from dataclasses import field
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional
from transformers import (
    CONFIG_MAPPING,
    MODEL_MAPPING,
    AutoConfig,
    AutoModelForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import SequenceClassifierOutput

from edgeft.errors import ModelError


class OverEncoder:
    """What the classifiers have in common, beside the base class of their encoder."""

    encoder_class: type[PreTrainedModel]
    dropout: nn.Module
    classifier: nn.Module

    def __init__(self, config: Any) -> None:
        super().__init__(config)  # type: ignore[call-arg]  # the encoder's base class comes next
        model = cast(PreTrainedModel, self)
        pooler = "add_pooling_layer" in inspect.signature(self.encoder_class).parameters
        encoder = self.encoder_class(config, **({"add_pooling_layer": False} if pooler else {}))
        setattr(model, model.base_model_prefix, encoder)
        self.num_labels = config.num_labels
        self.build(config)
        model.post_init()

    def build(self, config: Any) -> None:
        """Make the modules behind the encoder, `dropout` and `classifier` among them."""
        raise NotImplementedError

    def vectors(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What the classifier reads, (batch, width), of token vectors (batch, tokens, hidden)."""
        raise NotImplementedError

    def read(self, hidden: torch.Tensor, mask: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """As `vectors`, for what depends on which tokens there are: `ids` are (batch, tokens)."""
        return self.vectors(hidden, mask)

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
        vectors = self.read(found.last_hidden_state, attention_mask, input_ids)
        logits = self.classifier(self.dropout(vectors))
        loss = None if labels is None else functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(
            loss=loss,
            logits=logits,
            hidden_states=found.get("hidden_states"),
            attentions=found.get("attentions"),
        )


def classes_over(
    kind: Any, prefix: str, title: str, mixin: type, entries: dict[str, Any]
) -> tuple[Any, Any]:
    """The configuration and the classifier over encoders of a kind, known to the Auto classes.

    `kind` is the encoder's configuration class, `prefix` goes before its `model_type`, `title`
    before the names of the classes, `mixin` is what the classifiers have in common, and `entries`
    are the configuration's own, with their defaults.
    """
    encoder = MODEL_MAPPING[kind]
    base = next(each for each in encoder.__mro__[1:] if issubclass(each, PreTrainedModel))
    config: Any = type(
        f"{title}{kind.__name__}",
        (kind,),
        {
            "__module__": mixin.__module__,
            "__annotations__": {name: type(default) for name, default in entries.items()},
            "model_type": prefix + kind.model_type,
            **{name: as_default(default) for name, default in entries.items()},
        },
    )
    model = type(
        f"{title}{base.__name__.removesuffix('PreTrainedModel')}ForSequenceClassification",
        (mixin, base),
        {"__module__": mixin.__module__, "config_class": config, "encoder_class": encoder},
    )
    AutoConfig.register(config.model_type, config, exist_ok=True)
    AutoModelForSequenceClassification.register(config, model, exist_ok=True)
    return config, model


def as_default(value: Any) -> Any:
    """A value as the default of an entry: a list is made anew for each configuration.

    Each entry has a field of its own, for a class writes the entry's name into it.
    """
    return field(default_factory=value.copy) if isinstance(value, list) else value


def register_over(model_type: str, prefix: str, classes: Callable[[Any], object]) -> None:
    """Let `classes` be made for the encoder behind a prefix, if a `model_type` has it.

    One over an encoder that this transformers does not know is left for it to name.
    """
    encoder = model_type.removeprefix(prefix)
    if encoder != model_type and encoder in CONFIG_MAPPING:
        classes(CONFIG_MAPPING[encoder])


def encoder_kind(config: PreTrainedConfig, hint: str) -> Any:
    """The configuration's class; raises ModelError for a model without an encoder to be read."""
    kind: Any = type(config)
    encoder = None if config.is_encoder_decoder else MODEL_MAPPING.get(kind, None)
    if not isinstance(encoder, type):
        raise ModelError(
            f"{config.model_type} models have no token vectors of an encoder to pool", hint=hint
        )
    return kind


def entries_of(config: PreTrainedConfig) -> dict[str, Any]:
    """What a configuration says of its model, but for what it is called."""
    named = ("model_type", "architectures", "transformers_version")
    return {name: value for name, value in config.to_dict().items() if name not in named}
