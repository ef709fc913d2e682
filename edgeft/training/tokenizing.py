"""From texts to token ids, whole or in windows, with the parts that a head for tokens answers."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
from tokenizers import Encoding
from transformers import BatchEncoding, PreTrainedTokenizerFast

from edgeft.progress import Bar
from edgeft.runtime.given import Given
from edgeft.runtime.long_texts import beginnings, head, splits_at_spaces
from edgeft.runtime.questions import frame_of, windows_of
from edgeft.runtime.reading import overlap, units_of_windows
from edgeft.runtime.windows import Kind, Window
from edgeft.runtime.words import HEAD
from edgeft.training.batches import Encoded, Units

CHUNK = 2000


def encode(
    texts: Iterable[Given],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    *,
    units: bool = False,
    windows: bool = False,
    marks: Kind | None = None,
    bar: Bar | None = None,
) -> Encoded:
    """Turn texts, or pairs of them, into ids, each cut to `max_length` tokens, special ones too.

    Of a pair, the longer text is cut; of a text with `marks`, what is far from these. With `units`,
    the parts that a head for tokens answers are found as well; with `windows` too, a text that
    would be cut becomes several rows that overlap, as the runtime reads it. Of a pair with `units`,
    the second text always does.
    """
    if units:
        return encode_units(texts, tokenizer, max_length, windows=windows, bar=bar)
    ids = [np.zeros(0, dtype=np.int32)]
    types = [np.zeros(0, dtype=np.uint8)]
    lengths = [np.zeros(0, dtype=np.int64)]
    paired = False
    window = None if marks is None else Window(tokenizer.backend_tokenizer, max_length, marks)
    for given in chunks(texts):
        chunk = given if window is None else [window.read(str(each)) for each in given]
        in_pairs = isinstance(chunk[0], tuple)
        paired = paired or in_pairs
        found = tokenized(
            tokenizer,
            chunk,
            max_length,
            return_attention_mask=False,
            return_token_type_ids=in_pairs,
        )
        rows = found["input_ids"]
        if window is not None:
            for place, row in enumerate(rows):
                if len(row) == max_length:
                    short = window.cut(str(chunk[place]))
                    rows[place] = tokenizer(short, truncation=True, max_length=max_length).input_ids
        ids.append(np.fromiter(chain.from_iterable(rows), dtype=np.int32))
        lengths.append(np.fromiter(map(len, rows), dtype=np.int64, count=len(rows)))
        if in_pairs:
            types.append(np.fromiter(chain.from_iterable(found["token_type_ids"]), dtype=np.uint8))
        if bar is not None:
            bar.advance(len(rows))
    read = tokenizer.model_input_names
    return Encoded(
        np.concatenate(ids),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        types=np.concatenate(types) if paired and "token_type_ids" in read else None,
    )


def as_read(
    texts: Sequence[Given],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    marks: Kind | None,
) -> Sequence[Given]:
    """Texts as a model reads them: marks as the tokenizer spells them, long ones cut around these.

    Whoever tokenizes texts without `encode` asks this first, or the marks are no tokens.
    """
    if marks is None:
        return texts
    window = Window(tokenizer.backend_tokenizer, max_length, marks)
    return [window.cut(window.read(str(text))) for text in texts]


def encode_units(
    texts: Iterable[Given],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    *,
    windows: bool,
    bar: Bar | None = None,
) -> Encoded:
    """Turn texts into ids, and find their units; see `encode`."""
    remaining = iter(texts)
    first = list(islice(remaining, 1))
    texts = chain(first, remaining)
    if first and isinstance(first[0], tuple):
        return encode_questions(texts, tokenizer, max_length, bar=bar)
    shared = overlap(max_length) if windows else 0
    ids = [np.zeros(0, dtype=np.int32)]
    places = [np.zeros(0, dtype=np.int32)]
    spans = [np.zeros((0, 2), dtype=np.int32)]
    lengths: list[int] = []
    counts: list[int] = []
    firsts: list[int] = []
    for chunk in chunks(texts):
        found = encodings(tokenizer, chunk, max_length, shared)
        for text, rows in zip(chunk, found, strict=True):
            firsts.append(len(lengths))
            parts = [(each.offsets, each.word_ids) for each in rows]
            for row, units in zip(rows, units_of_windows(str(text), parts, shared), strict=True):
                ids.append(np.asarray(row.ids, np.int32))
                lengths.append(len(row.ids))
                places.append(np.asarray(units[0], np.int32))
                spans.append(np.asarray(units[1], np.int32).reshape(-1, 2))
                counts.append(len(units[0]))
        if bar is not None:
            bar.advance(len(chunk))
    return Encoded(
        np.concatenate(ids),
        np.cumsum([0, *lengths], dtype=np.int64),
        units=Units(
            np.concatenate(places), np.cumsum([0, *counts], dtype=np.int64), np.concatenate(spans)
        ),
        firsts=np.asarray([*firsts, len(lengths)], np.int64) if windows else None,
    )


def encode_questions(
    texts: Iterable[Any],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    *,
    bar: Bar | None = None,
) -> Encoded:
    """Turn questions and their texts into the ids of their windows, and find these windows' units.

    What the tokenizer says of cutting and filling does not matter, as in the runtime.
    """
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    frame = frame_of(backend)
    ids = [np.zeros(0, dtype=np.int32)]
    types = [np.zeros(0, dtype=np.uint8)]
    places = [np.zeros(0, dtype=np.int32)]
    spans = [np.zeros((0, 2), dtype=np.int32)]
    lengths: list[int] = []
    counts: list[int] = []
    firsts: list[int] = []
    for chunk in chunks(texts):
        flat = list(dict.fromkeys(chain.from_iterable(chunk)))
        found = backend.encode_batch(flat, add_special_tokens=False)
        of = dict(zip(flat, found, strict=True))
        for question, context in chunk:
            firsts.append(len(lengths))
            for row in windows_of(of[question], of[context], context, frame, max_length):
                ids.append(np.asarray(row.ids, np.int32))
                types.append(np.asarray(row.types, np.uint8))
                places.append(np.asarray(row.places, np.int32))
                spans.append(np.asarray(row.spans, np.int32))
                lengths.append(len(row.ids))
                counts.append(len(row.places))
        if bar is not None:
            bar.advance(len(chunk))
    return Encoded(
        np.concatenate(ids),
        np.cumsum([0, *lengths], dtype=np.int64),
        types=np.concatenate(types) if "token_type_ids" in tokenizer.model_input_names else None,
        units=Units(
            np.concatenate(places), np.cumsum([0, *counts], dtype=np.int64), np.concatenate(spans)
        ),
        firsts=np.asarray([*firsts, len(lengths)], np.int64),
    )


def encodings(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[Given], max_length: int, shared: int
) -> list[list[Encoding]]:
    """What the tokenizer makes of each text, cut to `max_length` tokens.

    With `shared`, what is cut off makes further rows that begin with as many tokens of the one
    before; then texts are cut at the right, whatever the tokenizer says.
    """
    side = tokenizer.truncation_side
    tokenizer.truncation_side = "right" if shared else side
    try:
        found = tokenized(
            tokenizer,
            texts,
            max_length,
            whole=shared > 0,
            stride=shared,
            return_overflowing_tokens=shared > 0,
        )
    finally:
        tokenizer.truncation_side = side
    if not shared:
        return [[each] for each in found.encodings]
    rows: list[list[Encoding]] = [[] for _ in texts]
    for each, text in zip(found.encodings, found["overflow_to_sample_mapping"], strict=True):
        rows[text].append(each)
    return rows


def tokenized(
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[Given],
    max_length: int,
    *,
    whole: bool = False,
    **how: Any,
) -> BatchEncoding:
    """What the tokenizer makes of texts, or of pairs of them, cut to `max_length` tokens.

    Unless the `whole` of each is asked for, only the beginning of a far too long text is tokenized
    where that says the same, as in the runtime.
    """

    def call(some: Sequence[Given]) -> BatchEncoding:
        pairs = isinstance(some[0], tuple)
        given = map(list, zip(*some, strict=True)) if pairs else [list(some)]
        return tokenizer(*given, truncation=True, max_length=max_length, padding=False, **how)

    if whole or tokenizer.truncation_side != "right":
        return call(texts)
    size, local = HEAD * max_length, splits_at_spaces(tokenizer.backend_tokenizer)

    def beginning(given: Given) -> Given:
        if isinstance(given, tuple):
            return beginnings(given, size, local)
        return head(given, size) if local else given

    read = list(map(beginning, texts))
    found = call(read)
    short = [
        place
        for place, ids in enumerate(found["input_ids"])
        if len(ids) < max_length and read[place] != texts[place]
    ]
    if not short:
        return found
    for place in short:
        read[place] = texts[place]
    return call(read)


def chunks(texts: Iterable[Any]) -> Iterator[list[Any]]:
    """The texts in lists of CHUNK."""
    remaining = iter(texts)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def token_counts(
    texts: Iterable[Given],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    *,
    marks: Kind | None = None,
    bar: Bar | None = None,
) -> np.ndarray:
    """How often each token occurs in texts as `encode` cuts them, int64 (token ids,)."""
    counts = np.zeros(max(tokenizer.get_vocab().values()) + 1, dtype=np.int64)
    for chunk in chunks(texts):
        ids = encode(chunk, tokenizer, max_length, marks=marks).ids
        counts += np.bincount(ids, minlength=len(counts))
        if bar is not None:
            bar.advance(len(chunk))
    return counts
