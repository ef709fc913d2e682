"""Token ids word by word, remembered: most words of a text have been seen before.

Tokenizing costs about 20 microseconds a short text, which is more than a small graph takes to
answer it. Where a tokenizer treats what stands between two spaces as if it stood alone, the ids of
a text are those of its words one after another, and looking words up takes a tenth of that.
"""

import json
from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer

MOST = 50_000
"""words remembered: about 10 MB; when there are more, it begins again"""
LONGEST = 40
"""characters of a word that is remembered"""
NORMALIZE_ALONE = ("BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents")
"""normalizers to which a space is a character like others, with no effect on its neighbours"""
SPLIT_ALONE = ("BertPreTokenizer", "Digits", "Punctuation", "Whitespace", "WhitespaceSplit")
"""pre-tokenizers that look at a word and nothing around it"""
DROP_SPACES = ("BertPreTokenizer", "Whitespace", "WhitespaceSplit")
"""those of them that leave spaces out"""


class Words:
    """Gives the ids of texts as its tokenizer would. Safe to use from many threads."""

    def __init__(
        self, tokenizer: Tokenizer, before: Sequence[int], after: Sequence[int], max_length: int
    ) -> None:
        """Frame every text by the ids `before` and `after`, `max_length` ids in all at most."""
        self.tokenizer = tokenizer
        self.before = list(before)
        self.after = list(after)
        self.room = max_length - len(before) - len(after)
        self.known: dict[str, Sequence[int]] = {}

    def encode(self, text: str) -> list[int]:
        """The ids of a text, its end cut off where it has too many."""
        words = text.split(" ")
        known = self.known
        try:
            ids = [each for word in words for each in known[word]]
        except KeyError:
            ids = [each for word in words for each in self.look_up(word)]
        return [*self.before, *ids[: self.room], *self.after]

    def look_up(self, word: str) -> Sequence[int]:
        """The ids of a word, from the tokenizer where it is not known yet."""
        found = self.known.get(word)
        if found is None:
            found = tuple(self.tokenizer.encode(word, add_special_tokens=False).ids)
            if len(self.known) >= MOST:
                self.known = {}
            if len(word) <= LONGEST:
                self.known[word] = found
        return found


def words_of(tokenizer: Tokenizer, max_length: int) -> Words | None:
    """The words of a tokenizer that truncates at the right; None where words do not stand alone."""
    if not words_stand_alone(tokenizer):
        return None
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    framed = tokenizer.encode("a")
    own = [place for place, part in enumerate(framed.sequence_ids) if part is not None]
    if not own:
        return None
    before, after = framed.ids[: own[0]], framed.ids[own[-1] + 1 :]
    if [*before, *bare, *after] != framed.ids or [*before, *after] != tokenizer.encode("").ids:
        return None
    fits = max_length > len(before) + len(after)
    return Words(tokenizer, before, after, max_length) if fits else None


def words_stand_alone(tokenizer: Tokenizer) -> bool:
    """Whether the ids of a text are those of what stands between its spaces, one after another.

    True where every part of the tokenizer is known to be so; false for any that is not listed
    here, such as byte pairs that begin with the space before them.
    """
    if any(" " in added.content for added in tokenizer.get_added_tokens_decoder().values()):
        return False
    normalizers = parts_of(tokenizer.normalizer, "normalizers")
    splitters = parts_of(tokenizer.pre_tokenizer, "pretokenizers")
    return (
        all(part["type"] in NORMALIZE_ALONE for part in normalizers)
        and all(part["type"] in SPLIT_ALONE for part in splitters)
        and any(part["type"] in DROP_SPACES for part in splitters)
    )


def parts_of(component: Any, members: str) -> list[dict[str, Any]]:
    """The parts of a tokenizer's component, those of a sequence one by one, as JSON says them."""
    if component is None:
        return []
    found = json.loads(component.__getstate__())
    parts: list[dict[str, Any]] = found[members] if found["type"] == "Sequence" else [found]
    return parts
