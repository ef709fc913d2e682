"""What a tokenizer makes of words, remembered: most words of a text have been seen before.

Tokenizing costs about 20 microseconds a short text, and finding its units as much again; right
after a graph has filled the caches some times that. Where a tokenizer treats what stands between
two spaces as if it stood alone, the ids of a text are those of its words one after another, and so
are its units, for none goes beyond a space. Looking words up takes a fifth of that or less.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from tokenizers import Tokenizer

from edgeft.runtime.feeding import Row
from edgeft.runtime.units import unit_starts

MOST = 50_000
"""words remembered: about 10 MB, with units 25; when there are more, it begins again"""
LONGEST = 40
"""characters of a word that is remembered"""
FEW = 8
"""tokens of a word that is remembered with its units: addresses do not come again, and neither do
sentences without spaces"""
HEAD = 8
"""characters a token of a text, or of its beginning, that is tried to be read as one row"""
NORMALIZE_ALONE = ("BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents")
"""normalizers to which a space is a character like others, with no effect on its neighbours"""
SPLIT_ALONE = ("BertPreTokenizer", "Digits", "Punctuation", "Whitespace", "WhitespaceSplit")
"""pre-tokenizers that look at a word and nothing around it"""
DROP_SPACES = ("BertPreTokenizer", "Whitespace", "WhitespaceSplit")
"""those of them that leave spaces out"""

Unit = tuple[int, int, int]
"""the token that speaks for it, and its first and last-plus-one character, counted in its word"""

T = TypeVar("T")


class Memory(dict[str, T], Generic[T]):
    """What was found of words before. Safe to use from many threads."""

    def __init__(
        self, find: Callable[[str], T], worth: Callable[[T], bool] = lambda _: True
    ) -> None:
        """Remember what `find` says of a word, if it is `worth` that."""
        super().__init__()
        self.find = find
        self.worth = worth

    def __missing__(self, word: str) -> T:
        found = self.find(word)
        if len(self) >= MOST:
            self.clear()
        if len(word) <= LONGEST and self.worth(found):
            self[word] = found
        return found


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
        self.known: Memory[Sequence[int]] = Memory(self.ids_of)

    def encode(self, text: str) -> list[int]:
        """The ids of a text, its end cut off where it has too many."""
        known = self.known
        ids = [each for word in text.split(" ") for each in known[word]]
        return [*self.before, *ids[: self.room], *self.after]

    def ids_of(self, word: str) -> Sequence[int]:
        """The ids of a word alone."""
        return tuple(self.tokenizer.encode(word, add_special_tokens=False).ids)


class UnitWords(Words):
    """Gives the rows of texts whose units are asked one by one, as long as one row has room."""

    def __init__(
        self, tokenizer: Tokenizer, before: Sequence[int], after: Sequence[int], max_length: int
    ) -> None:
        super().__init__(tokenizer, before, after, max_length)
        self.parts: Memory[tuple[Sequence[int], Sequence[Unit]]] = Memory(
            self.ids_and_units, lambda found: len(found[0]) <= FEW
        )
        self.longest = HEAD * max_length

    def row(self, text: str) -> Row | None:
        """What the model reads of a text, with its units; None where that may not fit in a row."""
        if len(text) > self.longest:
            return None
        known = self.parts
        ids, places, spans = list(self.before), [], []
        start = 0
        for word in text.split(" "):
            own, units = known[word]
            token = len(ids)
            for place, first, end in units:
                places.append(token + place)
                spans.append((start + first, start + end))
            ids += own
            start += len(word) + 1
            if len(ids) - len(self.before) >= self.room:  # the word may have been cut
                return None
        return Row([*ids, *self.after], None, places, spans)

    def ids_and_units(self, word: str) -> tuple[Sequence[int], Sequence[Unit]]:
        """The ids of a word alone, and its units."""
        found = self.tokenizer.encode(word, add_special_tokens=False)
        places, spans = unit_starts(word, found.offsets, found.word_ids)
        units = [(place, *span) for place, span in zip(places, spans, strict=True)]
        return tuple(found.ids), tuple(units)


W = TypeVar("W", bound=Words)


def words_of(kind: type[W], tokenizer: Tokenizer, max_length: int) -> W | None:
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
    return kind(tokenizer, before, after, max_length) if fits else None


def words_stand_alone(tokenizer: Tokenizer) -> bool:
    """Whether the ids of a text are those of what stands between its spaces, one after another.

    True where every part of the tokenizer is known to be so; false for any that is not listed
    here, such as byte pairs that begin with the space before them.
    """
    for added in tokenizer.get_added_tokens_decoder().values():
        takes_neighbours = added.normalized and (added.lstrip or added.rstrip)
        if " " in added.content or takes_neighbours:
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
