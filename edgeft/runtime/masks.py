"""A word that is hidden in a text: where it is, whatever a tokenizer calls what stands there."""

from typing import Any

from tokenizers import Tokenizer

from edgeft.errors import BundleError, DataError
from edgeft.runtime.units import Span

MASK = "[MASK]"
"""what stands for the hidden word in a text, for a person and in a dataset"""
MASKS = (MASK, "<mask>")
"""what tokenizers call it: BERT's and RoBERTa's, and those of their kin"""


def mask_of(tokenizer: Tokenizer) -> str:
    """What a tokenizer calls a hidden word; raises BundleError where it knows none."""
    for mask in MASKS:
        if tokenizer.token_to_id(mask) is not None:
            return mask
    raise BundleError(
        f"the tokenizer has no token for a hidden word, such as {MASK}",
        hint="take a masked language model, such as BERT or RoBERTa",
    )


def mask_places(text: str, mask: str = MASK) -> list[Span]:
    """The characters of the mask in a text; none where there is not one alone."""
    start = text.find(mask)
    if text.count(mask) != 1:
        return []
    return [(start, start + len(mask))]


def has_mask(text: str) -> bool:
    """Whether a word is hidden in a text, or several."""
    return any(mask in text for mask in MASKS)


def one_mask(given: Any) -> str:
    """A text with one hidden word, written as [MASK]; raises DataError for any other."""
    if not isinstance(given, str):
        raise DataError(
            f"{given!r:.60}, of type {type(given).__name__}, is no text with a hidden word",
            hint="pass a string or a list of strings",
        )
    text = given
    for mask in MASKS[1:]:
        text = text.replace(mask, MASK)
    count = text.count(MASK)
    if count != 1:
        raise DataError(
            f"the text has {count or 'no'} {MASK}{'s' if count > 1 else ''}, and is"
            " asked for one hidden word",
            hint=f"write {MASK} in the place of one word: the sky is {MASK} today",
        )
    return text
