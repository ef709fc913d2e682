"""Models that are edgeft's own, beside those that transformers knows."""


def register_architectures() -> None:
    """Let transformers' Auto classes find them by the `model_type` in a config.json.

    Whoever loads a model or a tokenizer calls this first, so that a checkpoint opens in any
    process, and without running code that comes with it.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    from edgeft.architectures.static import StaticConfig, StaticForSequenceClassification

    AutoConfig.register(StaticConfig.model_type, StaticConfig, exist_ok=True)
    AutoModelForSequenceClassification.register(
        StaticConfig, StaticForSequenceClassification, exist_ok=True
    )
