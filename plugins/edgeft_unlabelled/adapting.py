"""Goes on with an encoder's pretraining on the user's own texts, before it learns any label.

Hidden words (Gururangan et al. 2020, "Don't stop pretraining", https://arxiv.org/abs/2004.10964) or
two dropouts of one text that are to find each other among other texts (SimCSE, Gao et al. 2021,
https://arxiv.org/abs/2104.08821).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.architectures import trained_pooling
from edgeft.architectures.pooled import pool
from edgeft.data.rows import every_text, has_value, open_split, originals
from edgeft.plugin import Context, Dataset, TrainingError
from edgeft.tasks.contrast import contrastive_loss
from edgeft.training.batches import Batches, Encoded
from edgeft.training.encoders import load_encoder, load_masked, save_encoder
from edgeft.training.encoding import encode_rows, load_tokenizer
from edgeft.training.loop import pick_max_length
from edgeft.training.texts import Batch, train_on_texts
from edgeft_unlabelled import AdaptOptions
from edgeft_unlabelled.masking import masked, masked_losses, repeatable


@dataclass(frozen=True)
class Learning:
    """What a model is to learn from texts: how they are batched, and the losses of a batch."""

    model: PreTrainedModel
    batches: Callable[[Encoded], Any]
    losses: Callable[[PreTrainedModel, Batch], torch.Tensor]
    """one of each guess in a batch, (guesses,)"""
    name: str
    """of the loss, in the figures"""
    new_head: bool | None = None


def adapt(draft: Any, base: Path, data: Dataset, options: AdaptOptions, context: Context) -> None:
    """Train the encoder of `base` on the texts of `data` that are not held out, and write it."""
    set_seed(context.seed)
    tokenizer = load_tokenizer(base)
    rows = own_texts(data)
    learning = what_to_learn(base, tokenizer, options)
    model = learning.model
    length = pick_max_length(model, tokenizer, rows, options.max_length, context.seed)
    reading = context.task if context.task.marks else None
    encoded = encode_rows(rows, tokenizer, length, task=reading, progress=context.progress)
    held_out = None
    if "validation" in data.splits:
        validation = one_text_a_row(open_split(data, "validation"))
        held_out = encode_rows(validation, tokenizer, length, task=reading)
    before = held_out_loss(learning, held_out, options, context)
    train_on_texts(
        model, encoded, learning.batches(encoded), learning.losses, options=options, context=context
    )
    after = held_out_loss(learning, held_out, options, context)
    save_encoder(draft, model, tokenizer, base)
    draft.figures = {
        "texts": len(rows),
        "max_length": length,
        **({} if learning.new_head is None else {"new_head": learning.new_head}),
        **before.figures("before"),
        **after.figures("after"),
        "guesses": after.guesses,
    }
    if after.guesses:
        context.progress.note(
            f"{learning.name} on {after.guesses:,} guesses of validation:"
            f" {before.mean:.3f} before, {after.mean:.3f} after"
        )


def own_texts(data: Dataset) -> datasets.Dataset:
    """The texts that may be learnt from: training texts, not their copies, and the pool."""
    parts = [originals(open_split(data, "train"))]
    if "unlabelled" in data.splits:
        parts.append(open_split(data, "unlabelled"))
    rows = datasets.concatenate_datasets([one_text_a_row(part) for part in parts])
    if not len(rows):
        raise TrainingError("there are no texts to adapt to", hint="check the data's train split")
    return rows


def one_text_a_row(rows: datasets.Dataset) -> datasets.Dataset:
    """The texts of rows; where these have two, each by itself, and once if several rows share it.

    Questions about one text would let a model read that text as often as there are questions.
    """
    if "pair" not in rows.column_names or not has_value(rows, "pair").any():
        return rows.select_columns(["text"])
    return datasets.Dataset.from_dict({"text": list(dict.fromkeys(every_text(rows)))})


def what_to_learn(
    base: Path, tokenizer: PreTrainedTokenizerFast, options: AdaptOptions
) -> Learning:
    """The model, its batches and its losses, as the options say."""
    side = tokenizer.padding_side

    if options.objective == "mask":
        model, new = load_masked(base)
        return Learning(
            model,
            lambda encoded: masked(
                Batches(encoded, tokenizer.pad_token_id, side), tokenizer, options.mask_rate
            ),
            masked_losses,
            "masked_loss",
            new,
        )
    pooling = trained_pooling(base) or "mean"

    def losses(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        read = {name: batch[name] for name in ("input_ids", "attention_mask")}
        hidden = model(**read).last_hidden_state.float()
        vectors = pool(hidden, batch["attention_mask"], pooling)
        texts = torch.arange(len(vectors) // 2, device=vectors.device).repeat(2)
        return contrastive_loss(vectors, texts, options.temperature)[None]

    return Learning(
        load_encoder(base),
        lambda encoded: Batches(encoded, tokenizer.pad_token_id, side, views=2),
        losses,
        "contrast_loss",
    )


@dataclass(frozen=True)
class Loss:
    """A model's loss on held-out texts."""

    name: str
    mean: float = math.nan
    guesses: int = 0

    def figures(self, when: str) -> dict[str, float]:
        """What the history says of it: a loss, and for words how many it hesitates between."""
        if not self.guesses:
            return {}
        found = {f"{self.name}_{when}": round(self.mean, 4)}
        if self.name == "masked_loss":
            found[f"perplexity_{when}"] = round(math.exp(min(self.mean, 100.0)), 2)
        return found


def held_out_loss(
    learning: Learning, held_out: Encoded | None, options: AdaptOptions, context: Context
) -> Loss:
    """The mean loss over the guesses of held-out texts, with the same masks at every call.

    Words are guessed without dropout; where two dropouts of a text are compared, with it.
    """
    if held_out is None or not len(held_out):
        return Loss(learning.name)
    model, batches = learning.model, learning.batches(held_out)
    model.train(learning.name != "masked_loss")
    order = np.argsort(-held_out.lengths, kind="stable")
    parts = []
    with repeatable(context.seed), torch.no_grad():
        for start in range(0, len(order), options.batch_size):
            batch = batches(order[start : start + options.batch_size])
            on_device = {name: each.to(model.device) for name, each in batch.items()}
            parts.append(learning.losses(model, on_device).float().cpu())
    found = torch.cat(parts)
    mean = float(found.mean()) if len(found) else math.nan
    return Loss(learning.name, mean, len(found))
