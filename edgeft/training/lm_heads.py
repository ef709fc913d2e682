"""Takes a masked language model apart: its encoder, its transform, and rows of its decoder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForMaskedLM, PreTrainedModel
from transformers.activations import ACT2FN

from edgeft.architectures import register_architectures
from edgeft.architectures.cloze import at, cloze_model
from edgeft.architectures.marked import at_first
from edgeft.errors import ModelError
from edgeft.training.heads import REMEDY
from edgeft.training.pretrained import load_pretrained

TOLERANCE = 1e-3
"""largest difference between the logits of the language model and of the classifier made of it"""
ACTIVATIONS = ("hidden_act", "activation", "hidden_activation", "classifier_activation")
"""what configurations call the activation of the transform"""

Words = list[list[list[int]]]
"""for every label its words, as token ids"""
Batch = dict[str, torch.Tensor]
Reading = Callable[[torch.Tensor, Batch], torch.Tensor]
"""from vectors (batch, tokens, any) and what the tokens are to those at the mask, (batch, any)"""


@dataclass(frozen=True)
class Masked:
    """A masked language model and the parts of its head."""

    model: PreTrainedModel
    transform: nn.Linear
    norm: nn.LayerNorm
    decoder: nn.Linear


def load_masked(base: Path) -> Masked:
    """Load a masked language model; raises ModelError for a model that has no head of that kind."""
    register_architectures(base)
    try:
        model, found = load_pretrained(AutoModelForMaskedLM, base, output_loading_info=True)
    except ModelError as error:
        raise ModelError(f"{base} is no masked language model", hint=REMEDY) from error
    masked = parts_of(model)
    transform = next(name for name, each in model.named_modules() if each is masked.transform)
    if f"{transform}.weight" in found["missing_keys"]:
        raise ModelError(f"{base} has no masked-language-model head", hint=REMEDY)
    return masked


def parts_of(model: PreTrainedModel) -> Masked:
    """The parts of a masked language model; raises ModelError for a head of another kind."""
    inside = f"{model.base_model_prefix}."
    head = {name: module for name, module in model.named_modules() if not name.startswith(inside)}
    decoder = model.get_output_embeddings()
    linear = [
        name for name, each in head.items() if isinstance(each, nn.Linear) and each is not decoder
    ]
    norms = [name for name, each in head.items() if isinstance(each, nn.LayerNorm)]
    if not isinstance(decoder, nn.Linear) or (len(linear), len(norms)) != (1, 1):
        raise ModelError(
            f"{type(model).__name__} has a head of a kind that cloze does not know",
            hint="take BERT, RoBERTa, DistilBERT, ELECTRA, DeBERTa or ModernBERT",
        )
    return Masked(model.eval(), head[linear[0]], head[norms[0]], decoder)


def at_place(place: int) -> Reading:
    """What reads the vectors at a place of each text, which counts as that of `at` does."""
    return lambda vectors, batch: at(vectors, batch["attention_mask"], place)


def at_token(token: int) -> Reading:
    """What reads the vectors at the first token of that id."""
    return lambda vectors, batch: at_first(vectors, batch["input_ids"], [token])


def taken_over(
    masked: Masked,
    words: Words,
    labels: list[str],
    batch: Batch,
    read: Reading,
    **entries: Any,
) -> PreTrainedModel:
    """The classifier that answers each label with the mean logit of its words at the mask.

    `batch` holds texts on which that is proved, `read` finds the mask in them, and `entries` tell
    the classifier's configuration where it is. Raises ModelError where it answers otherwise.
    """
    with torch.inference_mode():
        found = read(masked.model(**batch).logits, batch)  # (batch, vocabulary)
        expected = mean_rows(found.T, words).T  # (batch, labels)
    config = masked.model.config
    named = (str(getattr(config, name, "")) for name in ACTIVATIONS)
    for activation in dict.fromkeys([*(each for each in named if each in ACT2FN), "gelu"]):
        model = copied(masked, words, labels, activation, **entries).eval()
        with torch.inference_mode():
            difference = float((model(**batch).logits - expected).abs().max())
        if difference <= TOLERANCE * max(1.0, float(expected.abs().max())):
            return model
    raise ModelError(
        f"a classifier made of {type(masked.model).__name__} does not answer as it does",
        hint="take BERT, RoBERTa, DistilBERT, ELECTRA, DeBERTa or ModernBERT",
    )


def copied(
    masked: Masked, words: Words, labels: list[str], activation: str, **entries: Any
) -> PreTrainedModel:
    """The classifier with the weights of a masked language model."""
    transform, norm, decoder = masked.transform, masked.norm, masked.decoder
    model: Any = cloze_model(
        masked.model.config,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        cloze_width=transform.out_features,
        cloze_activation=activation,
        cloze_eps=norm.eps,
        cloze_transform_bias=transform.bias is not None,
        cloze_norm_bias=norm.bias is not None,
        **entries,
    )
    model.base_model.load_state_dict(masked.model.base_model.state_dict())
    model.transform.load_state_dict(transform.state_dict())
    model.transform_norm.load_state_dict(norm.state_dict())
    with torch.no_grad():
        model.classifier.weight.copy_(mean_rows(decoder.weight, words))
        if decoder.bias is None:
            model.classifier.bias.zero_()
        else:
            model.classifier.bias.copy_(mean_rows(decoder.bias, words))
    return model


def mean_rows(rows: torch.Tensor, words: Words) -> torch.Tensor:
    """For each label the mean over its words of the mean over their tokens, (labels, ...)."""
    return torch.stack(
        [torch.stack([rows[word].mean(dim=0) for word in some]).mean(dim=0) for some in words]
    )
