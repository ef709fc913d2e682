"""Which word of a text is hidden, and which words a model chooses among."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from edgeft.errors import DataError
from edgeft.letters import LETTERS
from edgeft.runtime.masks import MASK, MASKS, has_mask, one_mask

WORD = re.compile(LETTERS)
"""a word: letters, or one character of a script without spaces"""
TWICE = 2
"""times that a word stands in the training texts for a model to know it"""
MOST = 8_192
"""words that a model knows, unless more are hidden in the training texts: the commonest"""


def masked_text(value: Any) -> str:
    """A text with one word hidden: that which is hidden already, or one that its hash chooses.

    Empty for an empty text. Raises DataError for several hidden words, and where there is none to
    hide.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    if not isinstance(value, str) or has_mask(value):
        return one_mask(value)
    start, end = hidden(value)
    return f"{value[:start]}{MASK}{value[end:]}"


def answer_of(value: Any, text: Any) -> str:
    """The word that is hidden in a text: what its row says, or what stood there.

    Raises DataError for a row whose text has a mask, and no word for it.
    """
    if isinstance(text, str) and not has_mask(text):
        return text[slice(*hidden(text))]
    word = value.strip() if isinstance(value, str) else ""
    if not word or " " in word or has_mask(word):
        raise DataError(
            f"the hidden word is {value!r:.60}" if value else "the hidden word is not told",
            hint="write the one word that belongs there into the label column, or the text whole",
        )
    return word


def hidden(text: str) -> tuple[int, int]:
    """The characters of the word of a text that its hash chooses; raises DataError for none."""
    words = [match.span() for match in WORD.finditer(text)]
    if not words:
        raise DataError("the text has no word to hide", hint="leave it out")
    seed = hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest()
    return words[int.from_bytes(seed, "big") % len(words)]


def known_words(texts: Iterable[str], hidden_words: list[str]) -> list[str]:
    """The words that a model chooses among, sorted: the hidden ones, and the commonest of others.

    A word that stands in `texts` once, and is not hidden, is not among them.
    """
    counts = Counter(word for text in texts for word in words_in(text))
    common = [word for word, count in counts.most_common(MOST) if count >= TWICE]
    known = set(hidden_words)
    room = max(0, MOST - len(known))
    return sorted(known | set([word for word in common if word not in known][:room]))


def words_in(text: str) -> Iterator[str]:
    """The words of a text, but for the mask."""
    for mask in MASKS:
        text = text.replace(mask, " ")
    return (match[0] for match in WORD.finditer(text))


def hidden_elsewhere(
    text: str, word: str, known: set[str], copies: int, random: Random
) -> Iterator[tuple[str, str]]:
    """Copies of a text with a hidden word, in which other words are hidden, each with its word.

    Words are among those that are `known`. There are fewer copies where a text has fewer words.
    """
    place = text.index(MASK)
    whole = f"{text[:place]}{word}{text[place + len(MASK) :]}"
    spans = [
        match.span()
        for match in WORD.finditer(whole)
        if match[0] in known and match.start() != place
    ]
    for start, end in random.sample(spans, min(copies, len(spans))):
        yield f"{whole[:start]}{MASK}{whole[end:]}", whole[start:end]
