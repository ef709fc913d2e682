"""From a dataset's rows to token ids: the tokenizer, how long a row may be, and what it answers."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import datasets
import numpy as np
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from edgeft.architectures import register_architectures
from edgeft.data.rows import answers_of, inputs_of, originals
from edgeft.errors import ModelError
from edgeft.progress import Progress, Silence
from edgeft.tasks import UNLABELLED, Task
from edgeft.training.batches import Encoded, Units
from edgeft.training.tokenizing import CHUNK, encode

SHARE = 0.995
"""of the training texts that are not cut"""
SHORTEST = 32
"""tokens that max_length never goes below on its own"""
UNBOUNDED = 8192
"""tokens, for a model that states no limit"""
SAMPLE = 20_000
SILENCE = Silence()


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


def choose_max_length(
    rows: datasets.Dataset, tokenizer: PreTrainedTokenizerFast, limit: int, *, seed: int = 0
) -> int:
    """The tokens that 99.5 % of the texts need: a multiple of 8, at least 32, at most `limit`.

    Copies do not count. Where there are many rows, a seeded sample of them tells.
    """
    if "parent" in rows.column_names:
        rows = originals(rows)
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
    limit = limit if limit > 0 else UNBOUNDED  # some say so by -1
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            limit = min(limit, module.num_embeddings - offset)
    return int(limit)


def longest_input(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> int:
    """The most tokens that a model and its tokenizer take: for manifests that state no limit."""
    return int(min(position_limit(model), tokenizer.model_max_length))


def freeze_tokenizer(tokenizer: PreTrainedTokenizerFast, max_length: int) -> None:
    """Switch off the truncation and padding baked into its file, and state the limit instead."""
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.model_max_length = max_length
