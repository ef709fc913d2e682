"""Classifiers over any encoder that transformers knows: their classes are made when needed.

A class stands on the base class of its kind of encoder, so that layers, weight names and options
stay what transformers says they are.
"""

from typing import Any

from transformers import (
    MODEL_MAPPING,
    AutoConfig,
    AutoModelForSequenceClassification,
    PreTrainedModel,
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
            **entries,
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
