"""From texts to token ids, and from rows to batches: flat arrays, no Python object a row."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
from tokenizers import Encoding
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from edgeft.architectures import register_architectures
from edgeft.data.rows import answers_of, inputs_of
from edgeft.errors import ModelError
from edgeft.progress import Bar, Progress, Silence
from edgeft.runtime.outputs import Outputs, items_of
from edgeft.runtime.questions import frame_of, windows_of
from edgeft.runtime.reading import overlap, units_of_windows
from edgeft.runtime.tokenization import Given
from edgeft.runtime.windows import Kind, Window
from edgeft.tasks import UNLABELLED, Task

SHARE = 0.995
"""of the training texts that are not cut"""
SHORTEST = 32
"""tokens that max_length never goes below on its own"""
UNBOUNDED = 8192
"""tokens, for a model that states no limit"""
SAMPLE = 20_000
CHUNK = 2000
SILENCE = Silence()
MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
"""what of a batch a model reads"""

Extras = Callable[[np.ndarray], dict[str, torch.Tensor]]


@dataclass(frozen=True)
class Units:
    """The parts of texts that a head for tokens is to answer: words, or single characters."""

    places: np.ndarray
    """the token of its row that speaks for each unit, its first, int32 (units,)"""
    starts: np.ndarray
    """where each row's units begin, and the end of the last, int64 (rows + 1,)"""
    spans: np.ndarray
    """first and last-plus-one character of each in its text, int32 (units, 2)"""


@dataclass(frozen=True)
class Encoded(torch.utils.data.Dataset[int]):
    """Rows as token ids, ready to be batched; an item is a row's number, see `Batches`."""

    ids: np.ndarray
    """the ids of all rows, one after another, int32 (tokens,)"""
    starts: np.ndarray
    """where each row begins in `ids`, and the end of the last, int64 (rows + 1,)"""
    labels: np.ndarray | None = None
    """what each row answers, (rows, ...), as its task's `truth` gives it; of a task of tokens label
    indices, int64 (tokens,), UNLABELLED where a token speaks for no unit"""
    weights: np.ndarray | None = None
    """how much each row counts, float32 (rows,); None where all count alike"""
    types: np.ndarray | None = None
    """which of two texts each token is of, uint8 (tokens,); None where there is one text"""
    units: Units | None = None
    """of a task of tokens"""
    mates: tuple[np.ndarray, int] | None = None
    """the group of each row, (rows,), and the most rows of one that a batch is to hold: see
    `Task.mates`"""
    firsts: np.ndarray | None = None
    """where texts may have several rows the first of each, and how many rows there are, int64
    (texts + 1,)"""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> int:
        return row

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int64 (rows,)."""
        return np.diff(self.starts)

    @property
    def parts(self) -> np.ndarray:
        """How many rows each text has, int64 (texts,)."""
        return np.ones(len(self), np.int64) if self.firsts is None else np.diff(self.firsts)

    def of_texts(self, outputs: Outputs) -> Outputs:
        """What is said of all rows, in their order, as that of the texts that they are of."""
        if self.firsts is None or outputs.starts is None:
            return outputs
        return replace(outputs, starts=outputs.starts[self.firsts])

    def outputs(self, logits: np.ndarray, rows: np.ndarray) -> Outputs:
        """What a model says of `rows`, by its logits (rows, labels) or (rows, tokens, labels)."""
        if self.units is None:
            return Outputs(logits)
        units = self.units
        counts = np.diff(units.starts)[rows]
        items = items_of(units.starts, rows)
        row_of = np.repeat(np.arange(len(rows)), counts)
        return Outputs(
            logits[row_of, units.places[items]],
            np.concatenate([[0], np.cumsum(counts)]),
            units.spans[items],
        )


@dataclass(frozen=True)
class Batches:
    """Makes a batch of tensors out of row numbers; rows with units are padded on the right."""

    encoded: Encoded
    pad_id: int
    padding_side: str = "right"
    extras: Extras | None = None
    views: int = 1
    """times that a batch holds its rows, one whole batch after the other: dropout differs"""

    def __call__(self, rows: Sequence[int] | np.ndarray) -> dict[str, torch.Tensor]:
        """Give input_ids and attention_mask (batch, longest), labels, rows (batch,) and the extras.

        `batch` counts the rows of all views. Labels are (batch, ...), or (batch, longest) of a task
        of tokens; rows are their numbers. Where rows count differently there are weights (batch,)
        too, and where texts come in pairs token_type_ids (batch, longest).
        """
        numbers = np.tile(np.asarray(rows), self.views)
        starts, ends = self.encoded.starts[numbers], self.encoded.starts[numbers + 1]
        lengths = ends - starts
        column = np.arange(max(1, int(lengths.max())))
        if self.padding_side == "left" and self.encoded.units is None:
            column = column - (len(column) - lengths)[:, None]
            mask = column >= 0
        else:
            mask = column < lengths[:, None]
        place = np.where(mask, starts[:, None] + column, 0)
        ids = np.where(mask, self.encoded.ids[place], self.pad_id)
        batch = {
            "input_ids": torch.from_numpy(ids.astype(np.int64)),
            "attention_mask": torch.from_numpy(mask.astype(np.int64)),
        }
        if self.encoded.types is not None:
            types = np.where(mask, self.encoded.types[place], 0)
            batch["token_type_ids"] = torch.from_numpy(types.astype(np.int64))
        if self.encoded.labels is not None:
            labels = self.encoded.labels
            if self.encoded.units is None:
                batch["labels"] = torch.from_numpy(labels[numbers])
            else:
                batch["labels"] = torch.from_numpy(np.where(mask, labels[place], UNLABELLED))
            batch["rows"] = torch.from_numpy(numbers)
        if self.encoded.weights is not None:
            batch["weights"] = torch.from_numpy(self.encoded.weights[numbers])
        if self.extras is not None:
            batch |= self.extras(numbers)
        return batch


def read(batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What of a batch a model reads."""
    return {name: batch[name] for name in MODEL_INPUTS if name in batch}


def load_tokenizer(source: Path) -> PreTrainedTokenizerFast:
    """Load a model's tokenizer; raises ModelError where it has none that a bundle can carry."""
    register_architectures(source)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, use_fast=True)
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(
            f"{source} has no tokenizer that can be loaded: {str(error).partition(chr(10))[0]}",
            hint="put the tokenizer.json of the model beside its config.json",
        ) from error
    if not tokenizer.is_fast:
        raise ModelError(
            f"the tokenizer of {source} has no tokenizer.json form",
            hint="take a model with a fast tokenizer: a bundle carries a tokenizer.json",
        )
    if tokenizer.pad_token_id is None:
        raise ModelError(
            f"the tokenizer of {source} has no padding token",
            hint="set pad_token in its tokenizer_config.json",
        )
    return tokenizer


def encode(
    texts: Iterable[Given],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    *,
    labels: np.ndarray | None = None,
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
        return encode_units(texts, tokenizer, max_length, windows=windows, labels=labels, bar=bar)
    ids = [np.zeros(0, dtype=np.int32)]
    types = [np.zeros(0, dtype=np.uint8)]
    lengths = [np.zeros(0, dtype=np.int64)]
    paired = False
    window = None if marks is None else Window(tokenizer.backend_tokenizer, max_length, marks)
    for given in chunks(texts):
        chunk = given if window is None else [window.read(str(each)) for each in given]
        in_pairs = isinstance(chunk[0], tuple)
        paired = paired or in_pairs
        found = tokenizer(
            *(list(each) for each in zip(*chunk, strict=True)) if in_pairs else [chunk],
            truncation=True,
            max_length=max_length,
            padding=False,
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
        labels,
        types=np.concatenate(types) if paired and "token_type_ids" in read else None,
    )


def encode_units(
    texts: Iterable[Given],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    *,
    windows: bool,
    labels: np.ndarray | None = None,
    bar: Bar | None = None,
) -> Encoded:
    """Turn texts into ids, and find their units; see `encode`."""
    remaining = iter(texts)
    first = list(islice(remaining, 1))
    texts = chain(first, remaining)
    if first and isinstance(first[0], tuple):
        return encode_questions(texts, tokenizer, max_length, labels=labels, bar=bar)
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
        labels,
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
    labels: np.ndarray | None = None,
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
        labels,
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
        found = tokenizer(
            list(texts),
            truncation=True,
            max_length=max_length,
            stride=shared,
            padding=False,
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


def encode_rows(
    rows: datasets.Dataset,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    labels: list[str] | None = None,
    *,
    task: Task | None = None,
    progress: Progress = SILENCE,
) -> Encoded:
    """Encode a split's rows; with `labels`, their answers become what `task` trains on."""
    units, marks = (False, None) if task is None else (task.per_token, task.marks)
    with progress.bar("tokenizing", len(rows), "texts") as bar:
        encoded = encode(inputs_of(rows), tokenizer, max_length, units=units, marks=marks, bar=bar)
    if labels is None:
        return encoded
    if task is None:
        raise ValueError("labels are given, and no task that says what answers mean")
    answers = answers_of(rows)
    if encoded.units is None:
        return replace(encoded, labels=task.truth(answers, labels))
    return replace(encoded, labels=token_labels(encoded, encoded.units, answers, task, labels))


def token_labels(
    encoded: Encoded, units: Units, answers: list[str | None], task: Task, labels: list[str]
) -> np.ndarray:
    """The label index of each token, int64 (tokens,): that of the unit it speaks for, if any."""
    found = np.full(len(encoded.ids), UNLABELLED, dtype=np.int64)
    each_row = chain.from_iterable(
        [answer] * rows for answer, rows in zip(answers, encoded.parts, strict=True)
    )
    for row, answer in enumerate(each_row):
        own = slice(units.starts[row], units.starts[row + 1])
        tags = task.tags(answer, units.spans[own], labels)
        found[encoded.starts[row] + units.places[own]] = tags
    return found


def texts_of(rows: datasets.Dataset) -> Iterator[str]:
    """The texts of a split in order, without holding them all."""
    for chunk in rows.select_columns("text").iter(CHUNK):
        yield from chunk["text"]


def chunks(texts: Iterable[Any]) -> Iterator[list[Any]]:
    """The texts in lists of CHUNK."""
    remaining = iter(texts)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def choose_max_length(
    rows: datasets.Dataset, tokenizer: PreTrainedTokenizerFast, limit: int, *, seed: int = 0
) -> int:
    """The tokens that 99.5 % of the texts need: a multiple of 8, at least 32, at most `limit`.

    Where there are many rows, a seeded sample of them tells.
    """
    if len(rows) > SAMPLE:
        chosen = np.random.default_rng(seed).choice(len(rows), SAMPLE, replace=False)
        rows = rows.select(np.sort(chosen))
    lengths = encode(inputs_of(rows), tokenizer, limit).lengths
    needed = math.ceil(float(np.quantile(lengths, SHARE)))
    return min(limit, max(SHORTEST, math.ceil(needed / 8) * 8))


def position_limit(model: PreTrainedModel) -> int:
    """The tokens that the model has positions for.

    Where a padding id shifts the positions (RoBERTa), those before it are not for texts.
    """
    limit = getattr(model.config, "max_position_embeddings", None) or UNBOUNDED
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            limit = min(limit, module.num_embeddings - offset)
    return int(limit)


def freeze_tokenizer(tokenizer: PreTrainedTokenizerFast, max_length: int) -> None:
    """Switch off the truncation and padding baked into its file, and state the limit instead."""
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.model_max_length = max_length
