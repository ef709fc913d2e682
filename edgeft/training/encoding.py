"""From texts to token ids, and from rows to batches: flat arrays, no Python object a row."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import datasets
import numpy as np
import torch
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from edgeft.architectures import register_architectures
from edgeft.data.rows import label_indices
from edgeft.errors import ModelError
from edgeft.progress import Bar, Progress, Silence

SHARE = 0.995
"""of the training texts that are not cut"""
SHORTEST = 32
"""tokens that max_length never goes below on its own"""
UNBOUNDED = 8192
"""tokens, for a model that states no limit"""
SAMPLE = 20_000
CHUNK = 2000
SILENCE = Silence()
UNLABELLED = -100
"""the label index that torch's cross-entropy leaves out"""

Extras = Callable[[np.ndarray], dict[str, torch.Tensor]]


@dataclass(frozen=True)
class Encoded(torch.utils.data.Dataset[int]):
    """Rows as token ids, ready to be batched; an item is a row's number, see `Batches`."""

    ids: np.ndarray
    """the ids of all rows, one after another, int32 (tokens,)"""
    starts: np.ndarray
    """where each row begins in `ids`, and the end of the last, int64 (rows + 1,)"""
    labels: np.ndarray | None = None
    """label indices, int64 (rows,); UNLABELLED where a row has none"""
    weights: np.ndarray | None = None
    """how much each row counts, float32 (rows,); None where all count alike"""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> int:
        return row

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int64 (rows,)."""
        return np.diff(self.starts)


@dataclass(frozen=True)
class Batches:
    """Makes a batch of tensors out of row numbers."""

    encoded: Encoded
    pad_id: int
    padding_side: str = "right"
    extras: Extras | None = None
    views: int = 1
    """times that a batch holds its rows, one whole batch after the other: dropout differs"""

    def __call__(self, rows: Sequence[int] | np.ndarray) -> dict[str, torch.Tensor]:
        """Give input_ids and attention_mask (batch, longest), labels (batch,) and the extras.

        `batch` counts the rows of all views. Where rows count differently there are weights
        (batch,) too.
        """
        numbers = np.tile(np.asarray(rows), self.views)
        starts, ends = self.encoded.starts[numbers], self.encoded.starts[numbers + 1]
        lengths = ends - starts
        column = np.arange(max(1, int(lengths.max())))
        if self.padding_side == "left":
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
        if self.encoded.labels is not None:
            batch["labels"] = torch.from_numpy(self.encoded.labels[numbers])
        if self.encoded.weights is not None:
            batch["weights"] = torch.from_numpy(self.encoded.weights[numbers])
        if self.extras is not None:
            batch |= self.extras(numbers)
        return batch


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
    texts: Iterable[str],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    *,
    labels: np.ndarray | None = None,
    bar: Bar | None = None,
) -> Encoded:
    """Turn texts into ids, each cut to `max_length` tokens, special ones included."""
    ids = [np.zeros(0, dtype=np.int32)]
    lengths = [np.zeros(0, dtype=np.int64)]
    for chunk in chunks(texts):
        rows = tokenizer(
            chunk,
            truncation=True,
            max_length=max_length,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
        )["input_ids"]
        ids.append(np.fromiter(chain.from_iterable(rows), dtype=np.int32))
        lengths.append(np.fromiter(map(len, rows), dtype=np.int64, count=len(rows)))
        if bar is not None:
            bar.advance(len(rows))
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return Encoded(np.concatenate(ids), starts, labels)


def encode_rows(
    rows: datasets.Dataset,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    labels: list[str] | None = None,
    *,
    progress: Progress = SILENCE,
) -> Encoded:
    """Encode a split's rows; with `labels`, their label columns become indices into these."""
    targets = None if labels is None else targets_of(rows, labels)
    with progress.bar("tokenizing", len(rows), "texts") as bar:
        return encode(texts_of(rows), tokenizer, max_length, labels=targets, bar=bar)


def targets_of(rows: datasets.Dataset, labels: list[str]) -> np.ndarray:
    """Each row's label as an index into `labels`, by name; UNLABELLED where it has none."""
    names = rows.select_columns("label").with_format("arrow")[:]["label"]
    labelled = np.flatnonzero(names.is_valid().to_numpy())
    if len(labelled) == len(rows):
        return label_indices(rows, labels)
    targets = np.full(len(rows), UNLABELLED, dtype=np.int64)
    targets[labelled] = label_indices(rows.select(labelled), labels)
    return targets


def texts_of(rows: datasets.Dataset) -> Iterator[str]:
    """The texts of a split in order, without holding them all."""
    for chunk in rows.select_columns("text").iter(CHUNK):
        yield from chunk["text"]


def chunks(texts: Iterable[str]) -> Iterator[list[str]]:
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
    lengths = encode(texts_of(rows), tokenizer, limit).lengths
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
