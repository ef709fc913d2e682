"""A pretrained encoder with a head that says of each token how likely an answer starts, or ends."""

from functools import cache, wraps
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from edgeft.errors import ModelError
from edgeft.tasks.question_answering import LABELS
from edgeft.tasks.text_classification.head import config_of, names_of, with_weights


def load_model(source: Path, **config: Any) -> PreTrainedModel:
    """Load an encoder with the head that it was trained with for this task, or with a new one.

    `config` overrides the model's configuration. Weights are float32, read from safetensors; code
    that comes with a model is never run. Raises ModelError naming what the source lacks.
    """
    found = config_of(source)
    try:
        kind = AutoModelForQuestionAnswering._model_mapping[type(found)]
    except KeyError as error:
        raise ModelError(
            f"{source} is of the kind {found.model_type!r}, which has no head for answers",
            hint="take an encoder that AutoModelForQuestionAnswering knows, such as BERT",
        ) from error
    return with_weights(source, with_logits(kind), **{**names_of(LABELS), **config})


@cache
def with_logits(kind: Any) -> Any:
    """The same class of transformers, whose outputs have their two logits in one tensor as well.

    It has the name of the class that it is made of, so that what it writes is read by that one.
    """

    @wraps(kind.forward)
    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = kind.forward(self, *args, **kwargs)
        found["logits"] = torch.stack([found.start_logits, found.end_logits], dim=-1)
        return found

    return type(kind.__name__, (kind,), {"forward": forward, "__module__": kind.__module__})
