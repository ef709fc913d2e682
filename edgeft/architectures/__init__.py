"""Models that are edgeft's own, beside those that transformers knows."""

from pathlib import Path
from typing import Any

from edgeft.models import read_object

POOLED = "edgeft-pooled-"
"""of a `model_type`, before that of the encoder whose token vectors are pooled"""
CLOZE = "edgeft-cloze-"
"""of a `model_type`, before that of the encoder whose vector at a masked word is read"""
EMBEDDING = "edgeft-embedding-"
"""of a `model_type`, before that of the encoder whose pooled vector is the answer"""
MARKED = "edgeft-marked-"
"""of a `model_type`, before that of the encoder whose vectors at two marks are read"""
PREFIXED = "edgeft-prefixed-"
"""of a `model_type`, before that of the encoder whose layers read trained keys and values too"""
STATIC = "edgeft-static"
TAKING = (
    "bert", "camembert", "data2vec-text", "electra", "ernie", "megatron-bert", "rembert", "roberta",
    "roberta-prelayernorm", "roformer", "xlm-roberta", "xlm-roberta-xl",
)  # fmt: skip
"""kinds of encoder whose layers read keys and values from elsewhere; each is tried by the tests"""
POOLINGS = {
    "mean": ("pooling_mode_mean_tokens", "mean"),
    "first": ("pooling_mode_cls_token", "cls"),
}
"""what we call a pooling, and what sentence-transformers wrote of it once and writes now"""


def register_architectures(source: Path) -> None:
    """Let transformers' Auto classes find the one in `source` by the `model_type` it names.

    Whoever loads a model or a tokenizer calls this first, so that a checkpoint opens in any
    process, and without running code that comes with it.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    from edgeft.architectures import cloze, embedding, marked, pooled, prefixed
    from edgeft.architectures.static import StaticConfig, StaticForSequenceClassification

    AutoConfig.register(StaticConfig.model_type, StaticConfig, exist_ok=True)
    AutoModelForSequenceClassification.register(
        StaticConfig, StaticForSequenceClassification, exist_ok=True
    )
    kind = kind_of(source)
    cloze.register(kind)
    embedding.register(kind)
    marked.register(kind)
    pooled.register(kind)
    prefixed.register(kind)


def trained_pooling(model: Path) -> str | None:
    """What an encoder was trained to be read by: the mean of its token vectors, or the first.

    A pooled classifier says so itself, a sentence encoder in a folder such as 1_Pooling. None for
    what says nothing or something else, and for what has a decoder.
    """
    config = read_object(model, "config.json")
    if config.get("is_encoder_decoder"):
        return None
    if str(config.get("model_type", "")).startswith((POOLED, PREFIXED)):
        return str(config.get("pooling", "mean"))
    for folder in sorted(model.glob("*_Pooling")):
        found = read_object(folder, "config.json")
        modes = [key for key, value in found.items() if value is True and "pooling_mode_" in key]
        for name, (flag, word) in POOLINGS.items():
            if modes == [flag] or found.get("pooling_mode") == word:
                return name
    return None


def kind_of(model: Path) -> str:
    """The `model_type` that a model's config.json names; empty where it names none."""
    return str(read_object(model, "config.json").get("model_type", ""))


def takes_prefixes(model_type: str) -> bool:
    """Whether an encoder's layers, or those of a pooled classifier's encoder, take prefixes."""
    return model_type.removeprefix(POOLED) in TAKING


def known_config(model: Path) -> dict[str, Any]:
    """A model's config.json as programs that know nothing of edgeft read it beside an ONNX file.

    They take labels from it, and ask its `model_type` what a graph is fed with: that is the
    encoder's own, or for a model without one BERT's.
    """
    config = read_object(model, "config.json")
    kind = str(config.get("model_type", ""))
    known = "bert" if kind == STATIC else kind
    for prefix in (POOLED, CLOZE, EMBEDDING, MARKED, PREFIXED):
        known = known.removeprefix(prefix)
    if known == kind:
        return config
    return {key: value for key, value in config.items() if key != "architectures"} | {
        "model_type": known
    }
