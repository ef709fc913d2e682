"""A pretrained encoder with a head that labels each token."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForTokenClassification, PreTrainedModel

from edgeft.architectures import register_architectures
from edgeft.errors import ModelError
from edgeft.quiet import quiet
from edgeft.tasks.text_classification.head import first_line, renew_head


def load_model(source: Path, labels: list[str] | None = None, **config: Any) -> PreTrainedModel:
    """Load an encoder with a head for `labels`, or with the head and labels it has.

    A head that the source was trained with is kept where its labels are the same, in the same
    order; otherwise the head is new and random. `config` overrides the model's configuration.
    Weights are float32, read from safetensors; code that comes with a model is never run. Raises
    ModelError naming what the source lacks.
    """
    register_architectures(source)
    try:
        found = AutoConfig.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{source} is not a model that transformers knows: {first_line(error)}",
            hint="name a directory with a config.json of an encoder",
        ) from error
    has = [found.id2label[index] for index in range(found.num_labels)]
    if labels is None:
        labels = has
    try:
        with quiet():
            model = AutoModelForTokenClassification.from_pretrained(
                source,
                num_labels=len(labels),
                id2label=dict(enumerate(labels)),
                label2id={label: index for index, label in enumerate(labels)},
                **config,
                dtype=torch.float32,
                use_safetensors=True,
                trust_remote_code=False,
                ignore_mismatched_sizes=True,
            )
    except (OSError, ValueError) as error:
        if isinstance(source, Path) and not any(source.glob("*.safetensors*")):
            raise ModelError(
                f"{source} has no safetensors weights",
                hint="save the model again with transformers: save_pretrained writes safetensors",
            ) from error
        raise ModelError(
            f"{source} cannot be loaded to label tokens: {first_line(error)}",
            hint="take an encoder that AutoModelForTokenClassification knows",
        ) from error
    if has != labels:
        renew_head(model, len(labels))
    return model
