"""A masked language model that chooses among known words at the mask."""

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from edgeft.architectures import CLOZE
from edgeft.errors import ModelError
from edgeft.runtime.masks import mask_of
from edgeft.tasks.text_classification.head import (
    config_of,
    labels_of,
    names_of,
    renew_head,
    with_weights,
)

EXAMPLES = ("{mask}", "a {mask} b", "{mask} c d")
"""texts on which the new classifier is compared with the language model"""


def load_model(source: Path, words: list[str] | None = None, **config: Any) -> PreTrainedModel:
    """Load a masked language model with a decoder for `words`, or with that which it has.

    The transform is the language model's own; the row of a word is the mean of those of its tokens.
    A model that has no head for hidden words gets a new one over its own embeddings. Raises
    ModelError for a source that is no masked language model, and could not be one.
    """
    kept = config_of(source)
    if not kept.model_type.startswith(CLOZE):
        if words is None:
            raise ModelError(
                f"{source} has no words to choose among", hint="finetune it for fill-mask first"
            )
        return made_of(source, words, **config)
    has = labels_of(kept)
    model = with_weights(source, **names_of(has if words is None else words), **config)
    if words is not None and has != words:
        renew_head(model, len(words))
    return model


def made_of(source: Path, words: list[str], **config: Any) -> PreTrainedModel:
    """The classifier that a masked language model becomes; answers are proved to be its own."""
    from edgeft.training.batches import read
    from edgeft.training.encoders import load_masked
    from edgeft.training.encoding import load_tokenizer
    from edgeft.training.lm_heads import at_token, parts_of, taken_over
    from edgeft.training.words import encode

    tokenizer = load_tokenizer(source)
    mask = mask_of(tokenizer.backend_tokenizer)
    model, _ = load_masked(source)
    token = tokenizer.convert_tokens_to_ids(mask)
    pieces = [[ids or [token]] for ids in encode(tokenizer.backend_tokenizer, words)]
    texts = [each.format(mask=mask) for each in EXAMPLES]
    batch = tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
    return taken_over(
        parts_of(model),
        pieces,
        words,
        read(batch),
        at_token(token),
        cloze_token_id=[token],
        **config,
    )
