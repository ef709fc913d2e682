"""Writes a sentence encoder as the checkpoint that smaller ones are made of."""

from pathlib import Path
from typing import Any

from edgeft.data.rows import open_split, originals
from edgeft.plugin import Context, Dataset
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import pick_max_length, save_checkpoint
from edgeft_finetune.options import EmbedOptions


def finetune(
    draft: Any, base: Path, data: Dataset, options: EmbedOptions, context: Context
) -> None:
    """Write `base` with its pooling, and nothing trained, into the draft."""
    pooling = None if options.pooling == "auto" else options.pooling
    model = context.task.load_model(base, data.labels, pooling=pooling)
    tokenizer = load_tokenizer(base)
    rows = originals(open_split(data, "train"))
    max_length = pick_max_length(model, tokenizer, rows, options.max_length, context.seed)
    save_checkpoint(draft, model, tokenizer, max_length, data.labels)
    draft.figures = {
        "pooling": model.config.pooling,
        "width": model.config.hidden_size,
        "max_length": max_length,
    }
