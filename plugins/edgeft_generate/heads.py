"""What a model directory can do, from its config.json and the headers of its weights alone."""

import json
from pathlib import Path
from typing import Any

from edgeft.plugin import ModelError, require

MASKED_HEADS = (
    "cls.predictions.", "lm_head.", "lm_predictions.", "vocab_transform.", "vocab_projector.",
    "generator_predictions.", "generator_lm_head.", "pred_layer.", "predictions.", "head.dense.",
)  # fmt: skip
"""what the names of a masked-language head's weights begin with, family by family"""
LONGEST_HEADER = 100 * 2**20
"""bytes: safetensors itself reads no longer one"""


def require_masked_head(folder: Path) -> None:
    """Raise ModelError where a model cannot say what stands in the place of a masked word."""
    config = config_of(folder)
    named = [str(each) for each in config.get("architectures") or []]
    if any(name.startswith(MASKED_HEADS) for name in weights_of(folder)):
        return
    # a family that the list above does not know is believed until it is loaded
    known = ("Bert", "DistilBert", "Roberta", "XLMRoberta", "Electra", "MPNet", "ModernBert")
    if any(name.endswith("ForMaskedLM") and not name.startswith(known) for name in named):
        return
    raise headless(folder)


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


def weights_of(folder: Path) -> set[str]:
    """The names of all weights in a directory's safetensors files."""
    found: set[str] = set()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > LONGEST_HEADER:
                continue
            try:
                found |= set(json.loads(stream.read(length)))
            except ValueError:
                continue
    return found - {"__metadata__"}
