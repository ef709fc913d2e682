"""Tokens that are whole words, so that one may stand in the place of another."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer

from edgeft.errors import ModelError
from edgeft.models import tokenizer_in
from edgeft.runtime.characters import is_mark
from edgeft.runtime.units import APART

SPACE = "\u2581"
"""what SentencePiece writes for a space"""
CHUNK = 2000
"""tokens that are looked at together"""


def require_words(folder: Path) -> None:
    """Raise ModelError where a model's tokenizer.json has no two tokens that are words.

    A model without such a file is believed until it is loaded.
    """
    tokenizer = tokenizer_in(folder)
    if tokenizer is not None and len(list(islice(each_word(tokenizer), 2))) < 2:
        raise wordless(folder)


def wordless(folder: Path) -> ModelError:
    """What is said of a model whose tokenizer has no words."""
    return ModelError(
        f"the tokenizer of {folder} has no tokens that are words",
        hint="set `model` to one that has, such as distilbert-base-uncased, or take another"
        " augmenter",
    )


def words_of(tokenizer: Tokenizer) -> dict[int, str]:
    """The tokens that stand for a whole word, by their ids: letters that encode to that token."""
    return dict(each_word(tokenizer))


def each_word(tokenizer: Tokenizer) -> Iterator[tuple[int, str]]:
    """The ids and words of `words_of`, in the order of the ids."""
    added = tokenizer.get_added_tokens_decoder()
    special = {each for each, token in added.items() if token.special}
    ids = [each for each in range(tokenizer.get_vocab_size()) if each not in special]
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        texts = [text.strip() for text in tokenizer.decode_batch([[each] for each in some])]
        found = [(each, text) for each, text in zip(some, texts, strict=True) if is_word(text)]
        spelled = encode(tokenizer, [text for _, text in found])
        yield from (pair for pair, own in zip(found, spelled, strict=True) if own == [pair[0]])


def is_word(text: str) -> bool:
    """Whether a text is letters, and vowels and tones that are written onto these."""
    return text[:1].isalpha() and all(each.isalpha() or is_mark(each) for each in text)


def encode(tokenizer: Tokenizer, words: Iterable[str]) -> list[list[int]]:
    """The ids of words as they are spelled within a text: after a space, where there are spaces.

    Some tokenizers put that space before a text themselves, so that it would stand there twice.
    """
    words = list(words)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    behind = ids_of(tokenizer, [f" {word}" for word in words])
    space = tokenizer.token_to_id(SPACE)
    if space is None:
        return behind
    return [
        ids[1:] if ids[:1] == [space] and (ids[1:] == own or APART.match(word)) else ids
        for ids, own, word in zip(behind, ids_of(tokenizer, words), words, strict=True)
    ]


def ids_of(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """The ids of texts, without special tokens."""
    return [each.ids for each in tokenizer.encode_batch(texts, add_special_tokens=False)]
