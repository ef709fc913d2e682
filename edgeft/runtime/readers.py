"""How texts become rows: whole, in pairs, around their marks, or unit by unit in windows.

Each reader takes a tokenizer that neither cuts nor fills, has it cut as it reads, and is safe to
use from many threads.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from tokenizers import Encoding, Tokenizer

from edgeft.runtime.feeding import Row
from edgeft.runtime.given import not_text, parts_of_pairs, refuse_no_text
from edgeft.runtime.long_texts import beginnings, head, splits_at_spaces
from edgeft.runtime.manifest import Side
from edgeft.runtime.questions import frame_of, windows_of
from edgeft.runtime.reading import overlap, units_of_windows
from edgeft.runtime.windows import Window
from edgeft.runtime.words import HEAD, UnitWords, Words, words_of


class Reader(Protocol):
    """Makes rows of texts."""

    def rows(self, texts: Sequence[Any]) -> list[Row]:
        """What the model reads of each text, at most so many tokens.

        Raises DataError for what is not text, and for one text where there are to be two.
        """
        ...


class Texts:
    """Reads texts from their beginning or, cut at the left, to their end."""

    def __init__(
        self, tokenizer: Tokenizer, max_length: int, side: Side, *, parallel: bool
    ) -> None:
        """Lists are tokenized by several threads if `parallel`; the library decides how many."""
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.parallel = parallel
        local = side == "right" and splits_at_spaces(tokenizer)
        self.head = HEAD * max_length if local else None
        self.words = words_of(Words, tokenizer, max_length) if side == "right" else None
        tokenizer.enable_truncation(max_length, direction=side)

    def rows(self, texts: Sequence[Any]) -> list[Row]:
        """What the model reads of each text."""
        return [Row(ids) for ids in self.encode(texts)]

    def encode(self, texts: Sequence[Any]) -> list[list[int]]:
        """The token ids of each text, special tokens included, at most `max_length`."""
        refuse_no_text(texts)  # a pair of strings would be tokenized as two segments
        size = self.head
        heads = texts if size is None else [head(text, size) for text in texts]
        try:
            encode = self.tokenizer.encode_batch_fast
            if self.words is not None:
                rows = list(map(self.words.encode, heads))
            elif self.parallel:
                rows = [each.ids for each in encode(heads)]
            else:
                rows = [encode([each])[0].ids for each in heads]
        except (TypeError, UnicodeError) as error:
            raise not_text(texts) from error
        if size is not None:
            for place, (text, read) in enumerate(zip(texts, heads, strict=True)):
                if len(read) < len(text) and len(rows[place]) < self.max_length:
                    rows[place] = self.encode_long(text, 4 * size)
        return rows

    def encode_long(self, text: str, size: int) -> list[int]:
        """The ids of a text whose head did not fill the row, from ever longer heads of it."""
        while True:
            read = head(text, size)
            ids: list[int] = self.tokenizer.encode_batch_fast([read])[0].ids
            if len(ids) == self.max_length or len(read) == len(text):
                return ids
            size *= 4


class Marked:
    """Reads of a long text what stands around its marked parts."""

    def __init__(self, window: Window, texts: Texts) -> None:
        self.window = window
        self.texts = texts

    def rows(self, texts: Sequence[Any]) -> list[Row]:
        """What the model reads of each text."""
        read = [self.window.read(each) if isinstance(each, str) else each for each in texts]
        found = self.texts.encode(read)
        for place, ids in enumerate(found):
            if len(ids) == self.texts.max_length:
                found[place] = self.texts.encode([self.window.cut(str(read[place]))])[0]
        return [Row(ids) for ids in found]


class Pairs:
    """Reads two texts together, of which the longer one is cut first."""

    def __init__(self, tokenizer: Tokenizer, max_length: int, side: Side) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.local = splits_at_spaces(tokenizer)
        self.size = HEAD * max_length if side == "right" else None
        tokenizer.enable_truncation(max_length, direction=side)

    def rows(self, texts: Sequence[Any]) -> list[Row]:
        """What the model reads of each pair."""
        refuse_no_text(parts_of_pairs(texts))
        pairs = [(one, other) for one, other in texts]
        read = pairs
        if self.size is not None:
            read = [beginnings(each, self.size, self.local) for each in pairs]
        found = encodings(self.tokenizer, read, parts_of_pairs(read))
        for place, (pair, part) in enumerate(zip(pairs, read, strict=True)):
            if len(found[place].ids) < self.max_length and part != pair:
                found[place] = encodings(self.tokenizer, [pair], pair)[0]
        return [Row(each.ids, each.type_ids) for each in found]


class InWindows:
    """Reads all of a text, whose units are asked one by one."""

    def rows(self, texts: Sequence[Any]) -> list[Row]:
        """The first row of each text."""
        return [windows[0] for windows in self.windows(texts)]

    def windows(self, texts: Sequence[Any]) -> list[list[Row]]:
        """The rows of each text, with its units: several of one that is too long for one row.

        Each unit stands in one of them, but for what the windows of a question share. Raises
        DataError for what is not text.
        """
        raise NotImplementedError


class Tokens(InWindows):
    """Reads all of a text, in windows that overlap, for what is asked of each of its units."""

    def __init__(self, tokenizer: Tokenizer, max_length: int) -> None:
        self.tokenizer = tokenizer
        self.shared = overlap(max_length)
        self.words = words_of(UnitWords, tokenizer, max_length)
        tokenizer.enable_truncation(max_length, stride=self.shared)

    def windows(self, texts: Sequence[Any]) -> list[list[Row]]:
        """The rows of each text, with its units."""
        refuse_no_text(texts)
        try:
            rows = [self.words.row(text) if self.words else None for text in texts]
        except (TypeError, UnicodeError) as error:
            raise not_text(texts) from error
        long = [text for text, row in zip(texts, rows, strict=True) if row is None]
        cut = iter(encodings(self.tokenizer, long, texts)) if long else iter(())
        return [
            [row] if row is not None else self.cut(text, next(cut))
            for text, row in zip(texts, rows, strict=True)
        ]

    def cut(self, text: str, first: Encoding) -> list[Row]:
        """The rows of a text as the tokenizer cuts it."""
        parts = [first, *first.overflowing] if self.shared else [first]
        units = units_of_windows(
            text, [(each.offsets, each.word_ids) for each in parts], self.shared
        )
        return [Row(each.ids, None, *own) for each, own in zip(parts, units, strict=True)]


class Questions(InWindows):
    """Reads a question with all of the text that may answer it, in windows that overlap."""

    def __init__(self, tokenizer: Tokenizer, max_length: int) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.frame = frame_of(tokenizer)

    def windows(self, texts: Sequence[Any]) -> list[list[Row]]:
        """The rows of each question and its text; each different text is tokenized once."""
        flat = parts_of_pairs(texts)
        refuse_no_text(flat)
        flat = list(dict.fromkeys(flat))
        found = encodings(self.tokenizer, flat, flat, special=False)
        of = dict(zip(flat, found, strict=True))
        return [
            [
                Row(each.ids, each.types, each.places, each.spans)
                for each in windows_of(
                    of[question], of[context], context, self.frame, self.max_length
                )
            ]
            for question, context in texts
        ]


def encodings(
    tokenizer: Tokenizer, read: list[Any], texts: Sequence[Any], *, special: bool = True
) -> list[Encoding]:
    """What a tokenizer makes of what is `read`: of `texts`, or of pairs of them.

    Raises DataError for what is not text.
    """
    refuse_no_text(texts)
    try:
        found: list[Encoding] = tokenizer.encode_batch(read, add_special_tokens=special)
    except (TypeError, UnicodeError) as error:
        raise not_text(texts) from error
    return found
