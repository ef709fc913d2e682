"""A pretrained encoder with a head that reads where the two parts of a text begin."""

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.architectures.marked import marked_config
from edgeft.errors import ModelError
from edgeft.runtime.marking import HEAD, TAIL, Mentions, marked
from edgeft.tasks.text_classification.head import (
    config_of,
    labels_of,
    names_of,
    renew_head,
    with_weights,
)

EXAMPLES = (
    Mentions("a b c", (0, 1), (4, 5)),
    Mentions("a b c", (4, 5), (0, 1)),
    Mentions("a b c d", (2, 3), (6, 7)),
    Mentions("a b c d", (6, 7), (2, 3)),
)
"""texts in which each mark stands first, and elsewhere"""


def load_model(source: Path, labels: list[str] | None = None, **config: Any) -> PreTrainedModel:
    """Load an encoder with a head for `labels`, or with the head and labels it has.

    A head that the source was trained with is kept where its labels are the same, in the same
    order; otherwise the head is new and random. `config` overrides the model's configuration.
    Weights are float32, read from safetensors; code that comes with a model is never run. Raises
    ModelError naming what the source lacks, such as tokens for the marks.
    """
    found = config_of(source)
    has = labels_of(found)
    asked = {**names_of(has if labels is None else labels), **config}
    model = with_weights(source, config=marked_config(found, lambda: mark_ids(source), **asked))
    if labels is not None and has != labels:
        renew_head(model, len(labels))
    return model


def mark_ids(source: Path) -> dict[str, list[int]]:
    """The tokens that the marks before both parts become, as the configuration names them.

    Raises ModelError for a tokenizer that does not know the marks, or not from one another.
    """
    from edgeft.training.encoding import load_tokenizer

    tokenizer = load_tokenizer(source)
    found = {name: ids_of(tokenizer, mark) for name, (mark, _) in zip(NAMES, MARKS, strict=True)}
    every = [ids_of(tokenizer, mark) for marks in MARKS for mark in marks]
    together = [each for ids in every for each in ids]
    known = all(every) and tokenizer.unk_token_id not in together
    if not known or len(set(together)) < len(together):
        raise ModelError(
            f"the tokenizer of {source} does not tell the marks {' '.join(HEAD + TAIL)} apart",
            hint="take a model whose vocabulary has them, such as BERT or RoBERTa",
        )
    return found


MARKS = (HEAD, TAIL)
NAMES = ("head_token_id", "tail_token_id")


def ids_of(tokenizer: PreTrainedTokenizerFast, mark: str) -> list[int]:
    """The ids of the tokens that a mark becomes, sorted: another at a text's beginning, maybe."""
    found = set()
    for text in map(marked, EXAMPLES):
        encoded = tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)
        place = text.index(mark)
        own = [
            token
            for token, (start, end) in zip(encoded.ids, encoded.offsets, strict=True)
            if start <= place < end
        ]
        found.update(own[-1:])  # of two the first is the space that is put before every word
    return sorted(found)
