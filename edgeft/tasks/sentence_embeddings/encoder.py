"""A pretrained encoder whose pooled vector is the answer."""

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from edgeft.architectures import trained_pooling
from edgeft.architectures.embedding import embedding_config
from edgeft.tasks.text_classification.head import config_of, with_weights


def load_model(source: Path, *, pooling: str | None = None, **config: Any) -> PreTrainedModel:
    """Load an encoder as a sentence encoder, with the pooling that it was trained for.

    `pooling` is another one; what says nothing of it is pooled to the mean. `config` overrides the
    model's configuration. Raises ModelError naming what the source lacks.
    """
    found = embedding_config(config_of(source), pooling or trained_pooling(source))
    found.update(config)
    return with_weights(source, config=found)
