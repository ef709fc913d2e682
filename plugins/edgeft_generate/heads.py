"""What a model directory can do, without its weights being read: what the plan asks."""

import json
from pathlib import Path
from typing import Any

from edgeft.plugin import ModelError, require
from edgeft.training.heads import has_masked_head


def require_masked_head(folder: Path) -> None:
    """Raise ModelError where a model cannot say what stands in the place of a masked word."""
    config_of(folder)
    if not has_masked_head(folder):
        raise headless(folder)


def require_mask(folder: Path) -> None:
    """Raise ModelError where a tokenizer has nothing to write in the place of a hidden word."""
    from edgeft.training.encoding import load_tokenizer

    if load_tokenizer(folder).mask_token_id is None:
        raise ModelError(
            f"augment contextual: the tokenizer of {folder} has no mask token",
            hint="set `model` to one that was trained with hidden words, such as"
            " distilbert-base-uncased",
        )


def headless(folder: Path) -> ModelError:
    """What is said of a model without a masked-language head."""
    return ModelError(
        f"augment contextual: {folder} has no masked-language head",
        hint="set `model` to one that has, such as distilbert-base-uncased, or make one of yours"
        " with `finetune: {method: adapt}` and name that",
    )


def require_translator(folder: Path) -> None:
    """Raise ModelError for a model that does not read one text and write another.

    Raises MissingPackage where its tokenizer needs one that is not installed.
    """
    config = config_of(folder)
    if not config.get("is_encoder_decoder"):
        raise ModelError(
            f"augment translate: {folder} is no sequence-to-sequence model",
            hint="set `there` and `back` to translators, such as Helsinki-NLP/opus-mt-en-de and"
            " Helsinki-NLP/opus-mt-de-en",
        )
    if not (folder / "tokenizer.json").is_file():
        require("sentencepiece", f"the tokenizer of {folder}")


def config_of(folder: Path) -> dict[str, Any]:
    """What config.json says; raises ModelError where it cannot be read."""
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder} has no config.json that can be read", hint="check it"
        ) from error
    return found if isinstance(found, dict) else {}
