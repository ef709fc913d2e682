"""From texts to what the graph is fed: the tokenizer file, with the manifest's limits only."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Encoding, Tokenizer

from edgeft.errors import BundleError, DataError
from edgeft.runtime.manifest import Manifest
from edgeft.runtime.questions import Frame, frame_of, windows_of
from edgeft.runtime.questions import Window as OfContext
from edgeft.runtime.reading import overlap, units_of_windows
from edgeft.runtime.units import Span
from edgeft.runtime.windows import KINDS, Window
from edgeft.runtime.words import parts_of, words_of

Given = str | tuple[str, str]
"""what a model is asked about: a text, or a text and a second one"""
FIELDS = ("input_ids", "attention_mask", "token_type_ids")
"""the graph inputs that the runtime knows how to fill"""
HEAD = 8
"""characters a token that are tried first of a long text; more where they do not fill the row"""
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


@dataclass(slots=True)
class Row:
    """What a model reads of a text, or of two."""

    ids: list[int]
    """token ids, special ones included"""
    types: list[int] | None = None
    """which of two texts each token is of"""
    places: Sequence[int] = ()
    """tokens that speak for a unit of the text, where these are asked one by one"""
    spans: Sequence[Span] = ()
    """first and last-plus-one character of each unit"""


class FrozenTokenizer:
    """Tokenizes as the bundle was trained: what the tokenizer file says of limits is ignored.

    Many tokenizer files carry a truncation and padding of their own (all-MiniLM's says 128);
    the manifest's `max_length`, `truncation_side` and `pad` decide instead. Safe to use from
    many threads.
    """

    def __init__(
        self,
        manifest: Manifest,
        path: Path,
        inputs: Sequence[str] | None = None,
        *,
        parallel: bool = True,
    ) -> None:
        """Read the tokenizer file at `path`, to feed the graph inputs named `inputs`.

        Without `inputs`, those that the manifest names. Lists are tokenized by several threads if
        `parallel`; the tokenizers library decides by how many. Raises BundleError where the file is
        damaged or the graph wants an input that texts do not have.
        """
        self.inputs = tuple(manifest.inputs if inputs is None else inputs)
        self.parallel = parallel
        self.max_length = manifest.max_length
        self.pad = manifest.pad
        self.pairs = manifest.decoding.pairs
        self.by_unit = manifest.decoding.function in ("tags", "span")
        for name in self.inputs:
            if name not in FIELDS:
                raise BundleError(
                    f"the graph wants an input {name!r}, the runtime knows {', '.join(FIELDS)}",
                    hint="upgrade edgeft, or export the model again",
                )
        try:
            self.tokenizer = Tokenizer.from_file(str(path))
            self.tokenizer.no_padding()
            self.tokenizer.no_truncation()
            self.shared = overlap(self.max_length) if self.by_unit else 0
            self.frame = frame_of(self.tokenizer) if self.by_unit and self.pairs else None
            if self.frame is None:
                self.tokenizer.enable_truncation(
                    self.max_length,
                    stride=self.shared,
                    direction="right" if self.by_unit else manifest.truncation_side,
                )
        except BundleError:
            raise
        except Exception as error:  # the tokenizers library raises nothing narrower
            raise BundleError(
                f"{path} is no tokenizer that this version of tokenizers reads: {error}",
                hint="upgrade tokenizers, or copy or make the bundle again",
            ) from error
        asked: Any = manifest.decoding.function
        self.window = Window(self.tokenizer, self.max_length, asked) if asked in KINDS else None
        right = manifest.truncation_side == "right"
        local = right and splits_at_spaces(self.tokenizer)
        self.whole = HEAD * self.max_length if local else None
        self.words = words_of(self.tokenizer, self.max_length) if right else None
        # one row of each, cut to length for every single text: (1, max_length)
        self.ones = np.ones((1, self.max_length), dtype=np.int64)
        self.zeros = np.zeros((1, self.max_length), dtype=np.int64)

    def rows(self, texts: Sequence[Given]) -> list[Row]:
        """What the model reads of each text, at most `max_length` tokens.

        Raises DataError for what is not text, and for one text where there are to be two.
        """
        if self.by_unit:
            return [windows[0] for windows in self.windows(texts)]
        if self.pairs:
            found = self.encodings(texts)
            return [Row(each.ids, each.type_ids) for each in found]
        if self.window is not None:
            return [Row(ids) for ids in self.marked(texts, self.window)]
        return [Row(ids) for ids in self.encode(texts)]

    def marked(self, texts: Sequence[Given], window: Window) -> list[list[int]]:
        """The token ids of each text, of a long one those around its marked parts."""
        read = [window.read(each) if isinstance(each, str) else each for each in texts]
        rows = self.encode(read)
        for place, ids in enumerate(rows):
            if len(ids) == self.max_length:
                rows[place] = self.encode([window.cut(str(read[place]))])[0]
        return rows

    def windows(self, texts: Sequence[Given]) -> list[list[Row]]:
        """The rows of each text, with its units: several of one that is too long for one row.

        Each unit stands in one of them. Raises DataError for what is not text.
        """
        if self.frame is not None:
            return [
                [Row(each.ids, each.types, each.places, each.spans) for each in windows]
                for windows in self.questions(texts, self.frame)
            ]
        found: list[list[Row]] = []
        for text, first in zip(texts, self.encodings(texts), strict=True):
            parts = [first, *first.overflowing] if self.shared else [first]
            units = units_of_windows(
                str(text), [(each.offsets, each.word_ids) for each in parts], self.shared
            )
            rows = zip(parts, units, strict=True)
            found.append([Row(each.ids, None, *own) for each, own in rows])
        return found

    def questions(self, texts: Sequence[Any], frame: Frame) -> list[list[OfContext]]:
        """The windows of questions and their texts; each different text is tokenized once."""
        for place, given in enumerate(texts):
            refuse_no_pair(given, place, len(texts))
        flat = [part for given in texts for part in given]
        if not all(isinstance(text, str) for text in flat):
            raise not_text(flat)
        flat = list(dict.fromkeys(flat))
        try:
            found = self.tokenizer.encode_batch(flat, add_special_tokens=False)
        except (TypeError, UnicodeError) as error:
            raise not_text(flat) from error
        of = dict(zip(flat, found, strict=True))
        return [
            windows_of(of[question], of[context], context, frame, self.max_length)
            for question, context in texts
        ]

    def encodings(self, texts: Sequence[Given]) -> list[Encoding]:
        """What the tokenizer makes of texts, or of pairs of them."""
        for place, given in enumerate(texts):
            if self.pairs:
                refuse_no_pair(given, place, len(texts))
        flat = [each for given in texts for each in (given if self.pairs else (given,))]
        if not all(isinstance(text, str) for text in flat):
            raise not_text(flat)
        try:
            found: list[Encoding] = self.tokenizer.encode_batch(
                [tuple(each) for each in texts] if self.pairs else list(texts)
            )
        except (TypeError, UnicodeError) as error:
            raise not_text(flat) from error
        return found

    def encode(self, texts: Sequence[Any]) -> list[list[int]]:
        """The token ids of each text, special tokens included, at most `max_length`.

        Raises DataError for what is not text.
        """
        if not all(isinstance(text, str) for text in texts):
            raise not_text(texts)  # a pair of strings would be tokenized as two segments
        whole = self.whole
        heads = texts if whole is None else [self.head(text, whole) for text in texts]
        try:
            encode = self.tokenizer.encode_batch_fast
            if self.words is not None:
                rows = list(map(self.words.encode, heads))
            elif self.parallel:
                rows = [each.ids for each in encode(heads)]
            else:
                rows = [encode([head])[0].ids for head in heads]
        except (TypeError, UnicodeError) as error:
            raise not_text(texts) from error
        if whole is not None:
            for place, (text, head) in enumerate(zip(texts, heads, strict=True)):
                if len(head) < len(text) and len(rows[place]) < self.max_length:
                    rows[place] = self.encode_long(text, 4 * whole)
        return rows

    def encode_long(self, text: str, size: int) -> list[int]:
        """The ids of a text whose head did not fill the row, from ever longer heads of it."""
        while True:
            head = self.head(text, size)
            ids: list[int] = self.tokenizer.encode_batch_fast([head])[0].ids
            if len(ids) == self.max_length or len(head) == len(text):
                return ids
            size *= 4

    @staticmethod
    def head(text: str, size: int) -> str:
        """The beginning of a text, about `size` characters, cut before a space after a word.

        Where the tokenizer splits at spaces, its tokens are the text's own first tokens: if they
        fill the row, what comes after cannot change it. So a text of a million characters costs
        no more than its first thousand. A text without such a place is returned whole.
        """
        if len(text) <= size:
            return text
        cut = text.rfind(" ", 0, size)
        while cut > 0 and text[cut - 1].isspace():
            cut = text.rfind(" ", 0, cut)
        return text[:cut] if cut > 0 else text

    def feed(self, rows: Sequence[Row]) -> dict[str, np.ndarray]:
        """The graph's inputs for a batch of rows: int64 arrays (rows, longest row)."""
        if len(rows) == 1:
            (row,) = rows
            length = len(row.ids)
            fields = {
                "input_ids": np.array([row.ids], dtype=np.int64),
                "attention_mask": self.ones[:, :length],
                "token_type_ids": self.zeros[:, :length]
                if row.types is None
                else np.array([row.types], dtype=np.int64),
            }
            return {name: fields[name] for name in self.inputs}
        lengths = np.array([len(row.ids) for row in rows])
        width = int(lengths.max())
        places = np.arange(width)
        if self.pad.side == "right":
            mask = places < lengths[:, None]
        else:
            mask = places >= width - lengths[:, None]
        size = int(lengths.sum())
        ids = np.full((len(rows), width), self.pad.id, dtype=np.int64)
        ids[mask] = np.fromiter(chain.from_iterable(row.ids for row in rows), np.int64, size)
        feed = {"input_ids": ids}
        if "attention_mask" in self.inputs:
            feed["attention_mask"] = mask.astype(np.int64)
        if "token_type_ids" in self.inputs:
            types = np.where(mask, 0, self.pad.type_id)
            if self.pairs:
                told = chain.from_iterable(row.types or () for row in rows)
                types[mask] = np.fromiter(told, np.int64, size)
            feed["token_type_ids"] = types
        return {name: feed[name] for name in self.inputs}


def refuse_no_pair(given: Any, place: int, count: int) -> None:
    """Raise DataError for what is not two texts."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        where = "the text" if count == 1 else f"text {place}"
        raise DataError(
            f"{where} is {given!r:.60}, and this model reads two texts together",
            hint="pass a tuple of two strings, or a list of such tuples",
        )


def not_text(texts: Sequence[Any]) -> DataError:
    """The error that names the first of `texts` that cannot be tokenized."""
    for place, text in enumerate(texts):
        where = "the text" if len(texts) == 1 else f"text {place}"
        if not isinstance(text, str):
            return DataError(
                f"{where} is {text!r:.60}, of type {type(text).__name__}, not a string",
                hint="pass a string or a list of strings",
            )
        try:
            text.encode()
        except UnicodeError:
            return DataError(
                f"{where} holds half of a surrogate pair, which is no character",
                hint="decode it again: text.encode('utf-16', 'surrogatepass').decode('utf-16')",
            )
    return DataError("the texts cannot be tokenized", hint="pass a list of strings")


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
