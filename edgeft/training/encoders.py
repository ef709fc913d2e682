"""Encoders that know no labels, with a head for hidden words or with none: loaded and written."""

import json
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM, PreTrainedModel
from transformers import PreTrainedTokenizerFast as Tokenizer

from edgeft.architectures import POOLED, PREFIXED, STATIC, known_config, trained_pooling
from edgeft.errors import ModelError
from edgeft.models import read_object
from edgeft.quiet import quiet
from edgeft.training.disk import naming_a_full_disk
from edgeft.training.encoding import freeze_tokenizer, position_limit
from edgeft.training.pretrained import load_pretrained

POOLING = "1_Pooling"
"""the folder in which a sentence encoder says what its token vectors are pooled to"""


def load_masked(base: Path) -> tuple[PreTrainedModel, bool]:
    """The encoder of a model with a masked-language head, and whether that head is a new one.

    A new head shares its table with the embeddings. Raises ModelError for a model of a kind that
    has no such head.
    """
    model, told = loaded(AutoModelForMaskedLM, base)
    inside = f"{model.base_model_prefix}."
    new = any(not name.startswith(inside) for name in told["missing_keys"])
    if new and not model.config.tie_word_embeddings:
        model.config.tie_word_embeddings = True
        model.tie_weights()
    return model, new


def load_encoder(base: Path) -> PreTrainedModel:
    """The encoder of a model alone."""
    return loaded(AutoModel, base)[0]


def loaded(kind: Any, base: Path) -> tuple[PreTrainedModel, dict[str, Any]]:
    """A model of an Auto class in float32, and what transformers told of its weights."""
    found: tuple[PreTrainedModel, dict[str, Any]] = load_pretrained(
        kind, base, config=encoder_config(base), output_loading_info=True
    )
    return found


def encoder_config(base: Path) -> Any:
    """The configuration of a model's encoder, without what edgeft adds to it to classify.

    Raises ModelError for a model that has no encoder.
    """
    kind = str(read_object(base, "config.json").get("model_type", ""))
    if kind == STATIC:
        raise ModelError(
            f"{base} is a static model: it has no encoder to adapt", hint="name an encoder"
        )
    if kind.startswith(PREFIXED):
        raise ModelError(
            f"{base} has prefixes, which another pretraining would lose",
            hint="adapt the encoder first, and train prefixes of it then",
        )
    if not kind.startswith(POOLED):
        return AutoConfig.from_pretrained(base, trust_remote_code=False)
    of_labels = ("model_type", "pooling", "pooled_dropout", "id2label", "label2id")
    found = {key: each for key, each in known_config(base).items() if key not in of_labels}
    return AutoConfig.for_model(kind.removeprefix(POOLED), **found)


def save_encoder(draft: Any, model: PreTrainedModel, tokenizer: Tokenizer, base: Path) -> None:
    """Write a model that knows no labels into a checkpoint's draft, to be finetuned from there.

    It is pooled to what `base` was, and reads as many tokens as it has positions for.
    """
    limit = position_limit(model)
    freeze_tokenizer(tokenizer, limit)
    with quiet(), naming_a_full_disk(draft.path, draft.out):
        model.to("cpu").save_pretrained(draft.path)
        tokenizer.save_pretrained(draft.path)
    pooling = trained_pooling(base)
    if pooling is not None:
        said = {
            "word_embedding_dimension": model.config.hidden_size,
            "pooling_mode_cls_token": pooling == "first",
            "pooling_mode_mean_tokens": pooling == "mean",
        }
        (draft.path / POOLING).mkdir()
        text = json.dumps(said, indent=1)
        (draft.path / POOLING / "config.json").write_text(text, encoding="utf-8")
    draft.manifest.labels = []
    draft.manifest.max_length = limit
