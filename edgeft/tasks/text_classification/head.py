"""A pretrained encoder with a classification head."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from edgeft.architectures import register_architectures
from edgeft.architectures.pooled import pooled_config
from edgeft.errors import ModelError, first_line
from edgeft.models import cut_weights
from edgeft.quiet import quiet


def load_model(
    source: Path,
    labels: list[str] | None = None,
    *,
    pooling: str | None = None,
    **config: Any,
) -> PreTrainedModel:
    """Load an encoder with a head for `labels`, or with the head and labels it has.

    A head that the source was trained with is kept where its labels are the same, in the same
    order; otherwise the head is new and random. It is without the examples that it may know where
    `labels` are named, for whoever trains it moves the vectors. `pooling` asks for one linear map
    over the mean of the token vectors, or over the first, and not for the head that the source has,
    or that transformers gives it. `config` overrides the model's configuration. Weights are
    float32, read from safetensors; code that comes with a model is never run. Raises ModelError
    naming what the source lacks.
    """
    found = config_of(source)
    has = labels_of(found)
    if labels is None:
        labels = has
    elif getattr(found, "head_examples", 0):
        config = {"head_examples": 0, **config}
    asked: dict[str, Any] = {**names_of(labels), **config}
    if pooling is not None:
        asked = {"config": pooled_config(found, pooling, **asked)}
    model = with_weights(source, **asked)
    if has != labels:
        renew_head(model, len(labels))
    return model


def config_of(source: Path) -> Any:
    """The configuration of a model; raises ModelError for what transformers does not know."""
    register_architectures(source)
    try:
        return AutoConfig.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{source} is not a model that transformers knows: {first_line(error)}",
            hint="name a directory with a config.json of an encoder",
        ) from error


def labels_of(config: Any) -> list[str]:
    """The labels that a configuration names, in the order of the logits."""
    return [config.id2label[index] for index in range(config.num_labels)]


def names_of(labels: list[str]) -> dict[str, Any]:
    """What a configuration says of labels."""
    return {
        "num_labels": len(labels),
        "id2label": dict(enumerate(labels)),
        "label2id": {label: index for index, label in enumerate(labels)},
    }


def with_weights(
    source: Path, kind: Any = AutoModelForSequenceClassification, **asked: Any
) -> PreTrainedModel:
    """A model of an auto class, with what it asks for of the weights in `source`.

    Weights are float32, read from safetensors; code that comes with a model is never run. Raises
    ModelError naming what the source lacks.
    """
    try:
        with quiet():
            model: PreTrainedModel = kind.from_pretrained(
                source,
                **asked,
                dtype=torch.float32,
                use_safetensors=True,
                trust_remote_code=False,
                ignore_mismatched_sizes=True,
            )
    except SafetensorError as error:
        raise cut_weights(source, error) from error
    except (OSError, ValueError) as error:
        if isinstance(source, Path) and not any(source.glob("*.safetensors*")):
            raise ModelError(
                f"{source} has no safetensors weights",
                hint="save the model again with transformers: save_pretrained writes safetensors",
            ) from error
        raise ModelError(
            f"{source} cannot be loaded for classification: {first_line(error)}",
            hint=f"take an encoder that {kind.__name__} knows",
        ) from error
    return model


def renew_head(model: PreTrainedModel, width: int) -> None:
    """Draw the last layer of the head anew: what it was trained for are other labels."""
    for name, module in model.named_modules():
        inside = name.startswith(f"{model.base_model_prefix}.")
        if isinstance(module, nn.Linear) and module.out_features == width and not inside:
            nn.init.normal_(module.weight, std=getattr(model.config, "initializer_range", 0.02))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
