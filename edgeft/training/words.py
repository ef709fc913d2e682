"""Tokens that are whole words, so that one may stand in the place of another."""

from collections.abc import Iterable

from transformers import PreTrainedTokenizerFast


def words_of(tokenizer: PreTrainedTokenizerFast) -> dict[int, str]:
    """The tokens that stand for a whole word, by their ids: letters that encode to that token."""
    special = set(tokenizer.all_special_ids)
    ids = [each for each in range(len(tokenizer)) if each not in special]
    texts = [text.strip() for text in tokenizer.batch_decode([[each] for each in ids])]
    encoded = encode(tokenizer, texts)
    return {
        each: text
        for each, text, found in zip(ids, texts, encoded, strict=True)
        if text.isalpha() and found == [each]
    }


def encode(tokenizer: PreTrainedTokenizerFast, words: Iterable[str]) -> list[list[int]]:
    """The ids of words as they are spelled within a text: after a space."""
    texts = [f" {word}" for word in words]
    found: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return found
