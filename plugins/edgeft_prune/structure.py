"""Removes the feed-forward neurons and attention heads that matter least to a model's loss."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.data.rows import has_value, open_split
from edgeft.distillation.learning import check_labels
from edgeft.plugin import Checkpoint, Context, Dataset, ModelError
from edgeft.surgery.heads import head_inputs, heads_of, with_heads
from edgeft.surgery.importance import Batch, input_importance
from edgeft.surgery.neurons import feed_forwards, narrowed, neurons_of
from edgeft.training.encoding import Batches, encode_rows, load_tokenizer
from edgeft.training.machine import pick_device, set_threads
from edgeft_prune.finishing import finish, max_length_of

if TYPE_CHECKING:
    from edgeft_prune import Structure, StructureOptions

BATCH = 32
STEP = 8
"""neurons that a width is a multiple of: what int8 matrix products take at a time"""


def prune(step: "Structure", checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
    """Write the checkpoint with narrower layers, after it has learnt from the whole one."""
    options, context = step.options, step.context
    check_labels(checkpoint, data)
    with step.writing(Checkpoint, checkpoint=checkpoint, data=data) as draft:
        set_seed(context.seed)
        set_threads(context.threads)
        whole = context.task.load_model(checkpoint.path)
        tokenizer = load_tokenizer(checkpoint.path)
        max_length = max_length_of(checkpoint, whole, tokenizer)
        batches = list(labelled_batches(checkpoint, tokenizer, max_length, data, options, context))
        model = whole.to(pick_device(context.device))
        figures: dict[str, Any] = {"parameters_of": whole.num_parameters()}
        if options.heads < 1:
            heads, maps = heads_of(whole), head_inputs(whole)
            scores = input_importance(model, maps[0], batches, text_losses, group=maps[1])
            size = math.ceil(options.heads * heads)
            model = with_heads(model.to("cpu"), scores, size).to(pick_device(context.device))
            figures |= {"heads": size, "heads_of": heads, "head_scores": kept_share(scores, size)}
        width = neurons_of(model)
        size = width_for(model, options)
        if size < width:
            maps_out = [model.get_submodule(each.out) for each in feed_forwards(model)]
            scores = input_importance(model, maps_out, batches, text_losses)
            model = narrowed(model.to("cpu"), scores, size)
            figures |= {
                "neurons": size,
                "neurons_of": width,
                "neuron_scores": kept_share(scores, size),
            }
        draft.figures |= figures
        finish(
            model.to("cpu"),
            tokenizer,
            checkpoint,
            data,
            draft,
            max_length=max_length,
            repair=options.repair,
            context=context,
        )
    return draft.artifact


def labelled_batches(
    checkpoint: Checkpoint,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    data: Dataset,
    options: "StructureOptions",
    context: Context,
) -> Iterator[Batch]:
    """Some labelled training texts in batches of like length, seeded, on the device."""
    rows = open_split(data, "train")
    labelled = np.flatnonzero(has_value(rows, "label"))
    count = min(options.texts, len(labelled))
    chosen = np.random.default_rng(context.seed).choice(labelled, count, replace=False)
    encoded = encode_rows(rows.select(np.sort(chosen)), tokenizer, max_length, checkpoint.labels)
    batches = Batches(encoded, tokenizer.pad_token_id, tokenizer.padding_side)
    by_length = np.argsort(encoded.lengths, kind="stable")
    device = pick_device(context.device)
    for start in range(0, count, BATCH):
        batch = batches(by_length[start : start + BATCH])
        yield {name: tensor.to(device) for name, tensor in batch.items()}


def text_losses(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of each text, (batch,)."""
    return functional.cross_entropy(logits, batch["labels"], reduction="none")


def width_for(model: PreTrainedModel, options: "StructureOptions") -> int:
    """The neurons a layer that the options ask for; raises ModelError where none would be left."""
    width = neurons_of(model)
    if options.parameters is None:
        return min(width, math.ceil(options.neurons * width / STEP) * STEP)
    cost = neuron_cost(model)
    spared = int(model.num_parameters()) - options.parameters
    size = min(width, (width - math.ceil(spared / cost)) // STEP * STEP)
    if size < STEP:
        least = model.num_parameters() - cost * (width - STEP)
        raise ModelError(
            f"parameters: {options.parameters:,} are fewer than the {least:,} that the model has"
            f" with {STEP} neurons a layer",
            hint="take more of them, or remove layers or tokens first",
        )
    return size


def neuron_cost(model: PreTrainedModel) -> int:
    """How many parameters go with one neuron in every layer."""
    total = 0
    for each in feed_forwards(model):
        total += model.get_submodule(each.out).weight.numel()
        for name in each.into:
            total += sum(part.numel() for part in model.get_submodule(name).parameters())
    return int(total) // neurons_of(model)


def kept_share(scores: list[Tensor], size: int) -> float:
    """The share of all importance that stays with the `size` best of each layer."""
    kept = sum(float(found.topk(size).values.sum()) for found in scores)
    return round(kept / max(sum(float(found.sum()) for found in scores), 1e-12), 4)
