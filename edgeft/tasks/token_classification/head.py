"""A pretrained encoder with a head that labels each token."""

from pathlib import Path
from typing import Any

from transformers import AutoModelForTokenClassification, PreTrainedModel

from edgeft.tasks.text_classification.head import (
    config_of,
    labels_of,
    names_of,
    renew_head,
    with_weights,
)


def load_model(source: Path, labels: list[str] | None = None, **config: Any) -> PreTrainedModel:
    """Load an encoder with a head for `labels`, or with the head and labels it has.

    A head that the source was trained with is kept where its labels are the same, in the same
    order; otherwise the head is new and random. `config` overrides the model's configuration.
    Weights are float32, read from safetensors; code that comes with a model is never run. Raises
    ModelError naming what the source lacks.
    """
    has = labels_of(config_of(source))
    if labels is None:
        labels = has
    asked = {**names_of(labels), **config}
    model = with_weights(source, AutoModelForTokenClassification, **asked)
    if has != labels:
        renew_head(model, len(labels))
    return model
