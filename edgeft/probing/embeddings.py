"""Texts as vectors: what an encoder says of them before any head, kept on disk by content."""

from pathlib import Path

import datasets
import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.architectures import trained_pooling
from edgeft.architectures.pooled import pool
from edgeft.artifacts import Checkpoint
from edgeft.context import Context
from edgeft.evaluation.checkpoints import by_length
from edgeft.progress import Progress, Silence
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.arrays import kept_array, key_of
from edgeft.training.encoding import choose_max_length, load_tokenizer, position_limit, texts_of
from edgeft.training.machine import computes_in_bf16, pick_device, set_threads
from edgeft.training.tokenizing import encode

SILENCE = Silence()
LONGEST = 128
"""tokens of a text that are read to compare it with others"""


def read_by(source: Path, rows: datasets.Dataset, context: Context) -> np.ndarray:
    """The vectors of `rows` by the encoder in `source`, of their first 128 tokens, (rows, hidden).

    They are pooled as it was trained to be, else to their mean.
    """
    model = load_model(source, pooling=trained_pooling(source) or "mean")
    tokenizer = load_tokenizer(source)
    limit = min(LONGEST, position_limit(model))
    length = choose_max_length(rows, tokenizer, limit, seed=context.seed)
    return kept_embeddings(source, model, tokenizer, rows, length, context)


def kept_embeddings(
    source: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: datasets.Dataset,
    max_length: int,
    context: Context,
) -> np.ndarray:
    """The vectors of `rows` by a pooled `model` as it was loaded from `source`, (rows, hidden).

    They are kept under a hash of model and texts where the context has a cache, and else made.
    """

    def computed() -> np.ndarray:
        return embeddings(model, tokenizer, rows, max_length, context, context.progress)

    if context.cache is None:
        return computed()
    key = key_of(rows, Checkpoint.open(source).digest, model.pooling, max_length)
    file = context.cache / "embeddings" / f"{key}.npy"
    return kept_array(file, (len(rows), model.config.hidden_size), computed)


def embeddings(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: datasets.Dataset,
    max_length: int,
    context: Context,
    progress: Progress = SILENCE,
) -> np.ndarray:
    """The vectors that the head of a pooled `model` would read, float32 (rows, hidden).

    In bfloat16 where the device computes in it: the difference is far below what labels differ by.
    """
    set_threads(context.threads)
    device = pick_device(context.device)
    model.to(device).eval()

    def vectors(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        found = model.base_model(**batch).last_hidden_state  # (batch, tokens, hidden)
        return pool(found, batch["attention_mask"], model.pooling)

    with torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bf16(device)):
        return by_length(
            vectors,
            encode(texts_of(rows), tokenizer, max_length),
            tokenizer,
            width=model.config.hidden_size,
            device=device,
            progress=progress,
        )
