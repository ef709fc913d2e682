"""A text classifier that reads a masked word as the masked language model does that it is made of.

The encoder's vector at the mask goes through the language model's own transform; the head has a row
for each label, which begins as the mean of the rows that predict the label's words (Schick and
Schuetze 2021, "Exploiting cloze questions", https://arxiv.org/abs/2001.07676). The mask
stands at a fixed distance from the first or the last token, for the tokenizer puts it there.
"""

import inspect
from functools import cache
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional
from transformers import CONFIG_MAPPING, PreTrainedConfig, PreTrainedModel
from transformers.activations import ACT2FN
from transformers.modeling_outputs import SequenceClassifierOutput

from edgeft.architectures import CLOZE
from edgeft.architectures.over_encoders import classes_over


class Cloze:
    """What the classifiers have in common, beside the base class of their encoder."""

    encoder_class: type[PreTrainedModel]

    def __init__(self, config: Any) -> None:
        super().__init__(config)  # type: ignore[call-arg]  # the encoder's base class comes next
        model = cast(PreTrainedModel, self)
        pooler = "add_pooling_layer" in inspect.signature(self.encoder_class).parameters
        encoder = self.encoder_class(config, **({"add_pooling_layer": False} if pooler else {}))
        setattr(model, model.base_model_prefix, encoder)
        self.num_labels = config.num_labels
        self.place = config.cloze_place
        self.transform = nn.Linear(
            config.hidden_size, config.cloze_width, bias=config.cloze_transform_bias
        )
        self.activation = ACT2FN[config.cloze_activation]
        self.transform_norm = nn.LayerNorm(
            config.cloze_width, eps=config.cloze_eps, bias=config.cloze_norm_bias
        )
        self.dropout = nn.Dropout(config.cloze_dropout)
        self.classifier = nn.Linear(config.cloze_width, config.num_labels)
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
        vectors = at(found.last_hidden_state, attention_mask, self.place)
        vectors = self.transform_norm(self.activation(self.transform(vectors)))
        logits = self.classifier(self.dropout(vectors))
        loss = None if labels is None else functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(
            loss=loss,
            logits=logits,
            hidden_states=found.get("hidden_states"),
            attentions=found.get("attentions"),
        )


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
    found = config.to_dict()
    for name in ("model_type", "architectures", "transformers_version"):
        found.pop(name, None)
    return model(cloze_config(**found | entries))


def register(model_type: str) -> None:
    """Let transformers' Auto classes find the cloze classifiers of a `model_type`, if it is one."""
    encoder = model_type.removeprefix(CLOZE)
    if encoder != model_type and encoder in CONFIG_MAPPING:
        classes(CONFIG_MAPPING[encoder])


@cache
def classes(kind: Any) -> tuple[Any, Any]:
    """The configuration and the model over encoders of a kind, known to the Auto classes."""
    entries = {
        "cloze_place": 1,
        "cloze_width": 768,
        "cloze_activation": "gelu",
        "cloze_eps": 1e-12,
        "cloze_transform_bias": True,
        "cloze_norm_bias": True,
        "cloze_dropout": 0.1,
    }
    return classes_over(kind, CLOZE, "Cloze", Cloze, entries)
