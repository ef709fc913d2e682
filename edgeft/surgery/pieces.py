"""What a tokenizer file says of its tokens, for WordPiece, byte pairs and unigrams alike."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

from tokenizers import Tokenizer

from edgeft.errors import ModelError

KINDS = ("BPE", "Unigram", "WordPiece")
BYTE = re.compile(r"<0x[0-9A-F]{2}>")


@dataclass(frozen=True)
class Pieces:
    """The tokens of a tokenizer.json, and which of them others stand on."""

    spec: dict[str, Any]
    """the file as JSON says it"""
    ids: dict[str, int]
    """the id of every token, added ones included"""

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """Read a tokenizer; raises ModelError for a kind whose tokens are not made of pieces."""
        spec = json.loads(tokenizer.to_str())
        if spec["model"]["type"] not in KINDS:
            raise ModelError(
                f"a tokenizer of kind {spec['model']['type']} cannot lose tokens",
                hint=f"take a model with one of: {', '.join(KINDS)}",
            )
        return cls(spec, tokenizer.get_vocab(with_added_tokens=True))

    @property
    def model(self) -> dict[str, Any]:
        """The part of the file that holds the vocabulary."""
        found: dict[str, Any] = self.spec["model"]
        return found

    @cached_property
    def own(self) -> dict[str, int]:
        """The tokens of the vocabulary itself: without those that were added to it."""
        vocabulary = self.model["vocab"]
        if self.model["type"] == "Unigram":
            return {piece: place for place, (piece, _) in enumerate(vocabulary)}
        return dict(vocabulary)

    @cached_property
    def prefix(self) -> str:
        """What marks a token that goes on with a word, such as ##."""
        return str(self.model.get("continuing_subword_prefix") or "")

    @cached_property
    def suffix(self) -> str:
        """What marks a token that ends a word, such as </w>."""
        return str(self.model.get("end_of_word_suffix") or "")

    @cached_property
    def of_bytes(self) -> bool:
        """Whether its characters stand for bytes, so that 256 of them spell every text."""
        return '"ByteLevel"' in json.dumps([self.spec["pre_tokenizer"], self.spec["normalizer"]])

    @cached_property
    def special(self) -> set[int]:
        """Added tokens, those that frame every text, and the unknown one.

        Somebody added them because pieces do not say the same, or say nothing: a sign that no
        single character stands for would be unknown without its token.
        """
        found = {each["id"] for each in self.spec["added_tokens"]}
        found |= framing(self.spec["post_processor"])
        unknown = self.unknown
        return found if unknown is None else found | {unknown}

    @property
    def unknown(self) -> int | None:
        """The id that stands for what has no token, if there is one."""
        if self.model["type"] == "Unigram":
            return None if self.model["unk_id"] is None else int(self.model["unk_id"])
        return self.ids.get(self.model["unk_token"] or "")

    def body(self, token: str) -> str:
        """A token's characters without its marks."""
        if self.prefix and token.startswith(self.prefix) and len(token) > len(self.prefix):
            token = token[len(self.prefix) :]
        if self.suffix and token.endswith(self.suffix) and len(token) > len(self.suffix):
            token = token[: -len(self.suffix)]
        return token

    def alphabet(self, ids: Iterable[int]) -> set[str]:
        """The characters that some tokens are written with."""
        names = {place: token for token, place in self.own.items()}
        return {letter for each in ids if each in names for letter in self.body(names[each])}

    def needed(self, alphabet: set[str] | None = None) -> set[int]:
        """The tokens without which a text would encode with more unknown ones than before.

        They are the special ones, every single character, as a word's beginning and as its
        continuation, the bytes where these stand for characters that have no token, and the tokens
        with a character that has no token of its own. With an `alphabet`, only characters in it
        count. Of unigrams the least likely stays too: the score of an unknown follows from it.
        """
        letters = None if self.of_bytes else alphabet
        singles = {token for token in self.own if len(self.body(token)) == 1}
        found = set(self.special)
        for token, place in self.own.items():
            body = self.body(token)
            if token in singles:
                wanted = letters is None or body in letters
            else:
                wanted = self.is_byte(token) or self.has_orphan(token, singles, letters)
            if wanted:
                found.add(place)
        if self.model["type"] == "Unigram":
            scores = [score for _, score in self.model["vocab"]]
            found.add(scores.index(min(scores)))
        return found

    def is_byte(self, token: str) -> bool:
        """Whether a token stands for a byte of what has no token otherwise."""
        return bool(self.model.get("byte_fallback")) and BYTE.fullmatch(token) is not None

    def has_orphan(self, token: str, singles: set[str], alphabet: set[str] | None) -> bool:
        """Whether a token holds a character of the alphabet that only longer tokens can spell."""
        if self.model["type"] == "BPE" or self.own[token] in self.special:
            return False  # byte pairs are merged of single characters
        going_on = token != self.body(token)
        return any(
            (alphabet is None or letter in alphabet)
            and (self.prefix if place or going_on else "") + letter not in singles
            for place, letter in enumerate(self.body(token))
        )

    def common(self, tokenizer: Tokenizer) -> list[int]:
        """Its longer tokens, the most frequent of its own training corpus first.

        The order of their ids is that order in all three kinds: WordPiece and byte pairs by the
        step in which they were merged, unigrams by their score. Tokens that no text leads to, such
        as [unused7], are left out.
        """
        added = {each["id"] for each in self.spec["added_tokens"]}
        splitter = tokenizer.pre_tokenizer if self.model["type"] == "WordPiece" else None
        return [
            place
            for token, place in sorted(self.own.items(), key=lambda item: item[1])
            if place not in added
            and len(body := self.body(token)) > 1
            and not self.is_byte(token)
            and (splitter is None or len(splitter.pre_tokenize_str(body)) == 1)
        ]

    @cached_property
    def ranks(self) -> dict[tuple[str, str], int]:
        """The place of every merge of byte pairs in the order in which they are tried."""
        return {pair_of(merge): rank for rank, merge in enumerate(self.model.get("merges", []))}

    def merged(self, one: str, two: str) -> str:
        """What a merge makes of two tokens."""
        return one + two.removeprefix(self.prefix)

    def with_parts(self, token: str) -> set[int]:
        """A token, and those which it is merged from on the way to it.

        Within a token merges are taken in the same order wherever it stands, so with its parts a
        token stays reachable; other kinds need no parts.
        """
        if self.model["type"] != "BPE" or token not in self.own:
            return {self.ids[token]}
        first = self.prefix if token != token.removeprefix(self.prefix) else ""
        last = self.suffix if token.endswith(self.suffix) else ""
        body = self.body(token)
        symbols = [(self.prefix if place else first) + letter for place, letter in enumerate(body)]
        if symbols:
            symbols[-1] += last
        found = {token, *symbols}
        while len(symbols) > 1:
            pairs = list(pairwise(symbols))
            rank, place = min(
                (self.ranks.get(pair, math.inf), place) for place, pair in enumerate(pairs)
            )
            if rank == math.inf:
                break
            symbols[place : place + 2] = [self.merged(*pairs[place])]
            found.add(symbols[place])
        return {self.own[each] for each in found if each in self.own}


def framing(processor: dict[str, Any] | None) -> set[int]:
    """The ids that a tokenizer file puts around every text."""
    if processor is None:
        return set()
    match processor["type"]:
        case "TemplateProcessing":
            return {place for each in processor["special_tokens"].values() for place in each["ids"]}
        case "BertProcessing" | "RobertaProcessing":
            return {processor["sep"][1], processor["cls"][1]}
        case "Sequence":
            return {place for each in processor["processors"] for place in framing(each)}
    return set()


def pair_of(merge: str | list[str]) -> tuple[str, str]:
    """The two tokens of a merge, which older files write as one text."""
    one, two = merge.split(" ") if isinstance(merge, str) else merge
    return one, two
