"""Tokens that are whole words, so that one may stand in the place of another."""

from collections.abc import Iterable

from transformers import PreTrainedTokenizerFast

from edgeft.runtime.units import APART, is_mark

SPACE = "\u2581"
"""what SentencePiece writes for a space"""


def words_of(tokenizer: PreTrainedTokenizerFast) -> dict[int, str]:
    """The tokens that stand for a whole word, by their ids: letters that encode to that token."""
    special = set(tokenizer.all_special_ids)
    ids = [each for each in range(len(tokenizer)) if each not in special]
    texts = [text.strip() for text in tokenizer.batch_decode([[each] for each in ids])]
    encoded = encode(tokenizer, texts)
    return {
        each: text
        for each, text, found in zip(ids, texts, encoded, strict=True)
        if is_word(text) and found == [each]
    }


def is_word(text: str) -> bool:
    """Whether a text is letters, and vowels and tones that are written onto these."""
    return text[:1].isalpha() and all(each.isalpha() or is_mark(each) for each in text)


def encode(tokenizer: PreTrainedTokenizerFast, words: Iterable[str]) -> list[list[int]]:
    """The ids of words as they are spelled within a text: after a space, where there are spaces."""
    words = list(words)
    texts = [f" {word}" for word in words]
    found: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"]
    space = tokenizer.get_vocab().get(SPACE)
    return [
        ids[1:] if ids[:1] == [space] and APART.match(word) else ids
        for ids, word in zip(found, words, strict=True)
    ]
