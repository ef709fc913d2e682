"""Of a text that is far too long only the beginning is tokenized: as much as fills a row.

Where a tokenizer splits at spaces, the tokens of a beginning that ends before one are the text's
own first tokens, and what comes after cannot change them. So a text of a million characters costs
no more than its first thousand.
"""

from tokenizers import Tokenizer

from edgeft.runtime.words import parts_of

NORMALIZE_WORDS = (
    "BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Precompiled", "Prepend",
    "Strip", "StripAccents",
)  # fmt: skip
"""normalizers that change a character by its neighbours within the word at most"""
SPLIT_WORDS = (
    "BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "Whitespace",
    "WhitespaceSplit",
)  # fmt: skip
"""pre-tokenizers that look no further than the next space"""


def head(text: str, size: int) -> str:
    """The beginning of a text, about `size` characters, cut before a space after a word.

    A text without such a place is returned whole.
    """
    if len(text) <= size:
        return text
    cut = text.rfind(" ", 0, size)
    while cut > 0 and text[cut - 1].isspace():
        cut = text.rfind(" ", 0, cut)
    return text[:cut] if cut > 0 else text


def beginnings(pair: tuple[str, str], size: int, local: bool) -> tuple[str, str]:
    """The beginnings of two texts that are read together, about `size` characters of each.

    A tokenizer that cuts a pair makes every pairing of what is left of both, whose number is the
    product of their lengths. So they are cut before that, at a space where the tokenizer splits
    there (`local`) and there is one, else within twice as much: far behind what a row has room for.
    """
    one, other = (head(text, size) if local else text for text in pair)
    return one[: 2 * size], other[: 2 * size]


def splits_at_spaces(tokenizer: Tokenizer) -> bool:
    """Whether the tokens before a space never depend on what follows it.

    True for the tokenizers whose every part is known to treat words apart; false for any that
    has a part not listed here, such as Unigram over whole sentences.
    """
    if any(" " in added.content for added in tokenizer.get_added_tokens_decoder().values()):
        return False
    for part in parts_of(tokenizer.normalizer, "normalizers"):
        if part["type"] not in NORMALIZE_WORDS and part.get("pattern") != {"Regex": " {2,}"}:
            return False
    split = parts_of(tokenizer.pre_tokenizer, "pretokenizers")
    return all(part["type"] in SPLIT_WORDS for part in split) and any(
        part["type"] in ("BertPreTokenizer", "Whitespace", "WhitespaceSplit")
        or (part["type"] == "ByteLevel" and part.get("use_regex", True))
        or (part["type"] == "Metaspace" and part.get("split", False))
        for part in split
    )
