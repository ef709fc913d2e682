"""Removes the feed-forward neurons and attention heads that matter least to a model's loss."""

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor
from transformers import PreTrainedModel

from edgeft.data.rows import has_value, open_split
from edgeft.distillation.learning import check_labels
from edgeft.plugin import Checkpoint, Dataset, ModelError, Task
from edgeft.surgery.heads import head_inputs, live_heads, with_heads
from edgeft.surgery.importance import Batch, Loss, input_importance
from edgeft.surgery.neurons import feed_forwards, narrowed, neurons_of
from edgeft.surgery.silent import parameters_without_silent
from edgeft.training.batches import Batches
from edgeft.training.encoding import encode_rows
from edgeft.training.machine import pick_device
from edgeft_prune.finishing import Pruning, pruning
from edgeft_prune.latency import STEP, neurons_within

if TYPE_CHECKING:
    from edgeft_prune import Structure, StructureOptions

BATCH = 32
HALF = 0.5
"""share of the neurons that is kept where nobody says how many"""


def prune(step: "Structure", checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
    """Write the checkpoint with narrower layers, after it has learnt from the whole one."""
    options = step.options
    check_labels(checkpoint, data)
    with pruning(step, checkpoint, data) as job:
        batches = list(labelled_batches(job, options.texts))
        model = job.model
        if options.heads < 1:
            model = with_fewer_heads(model, options.heads, batches, job)
        job.finish(with_fewer_neurons(model, options, batches, job))
    return job.draft.artifact


def with_fewer_heads(
    model: PreTrainedModel, share: float, batches: list[Batch], job: Pruning
) -> PreTrainedModel:
    """The model with a share of its heads, on the CPU."""
    maps, group = head_inputs(model)
    heads = live_heads(model)
    model = model.to(pick_device(job.context.device))
    scores = input_importance(model, maps, batches, text_losses(job.context.task), group=group)
    size = math.ceil(share * heads)
    job.draft.figures |= {
        "heads": size,
        "heads_of": heads,
        "head_scores": kept_share(scores, size),
    }
    return with_heads(model.to("cpu"), scores, size)


def with_fewer_neurons(
    model: PreTrainedModel, options: "StructureOptions", batches: list[Batch], job: Pruning
) -> PreTrainedModel:
    """The model with as many of its neurons as the options ask for, on the CPU."""
    width, target = neurons_of(model), options.p50_ms
    if target is None and width_for(model, options) == width:
        return model
    model = model.to(pick_device(job.context.device))
    maps = [model.get_submodule(each.out) for each in feed_forwards(model)]
    scores = input_importance(model, maps, batches, text_losses(job.context.task))
    model = model.to("cpu")
    narrow = partial(narrowed, model, scores)
    size = (
        width_for(model, options) if target is None else neurons_within(target, width, narrow, job)
    )
    job.draft.figures |= {
        "neurons": size,
        "neurons_of": width,
        "neuron_scores": kept_share(scores, size),
    }
    return narrow(size)


def labelled_batches(job: Pruning, texts: int) -> Iterator[Batch]:
    """Some labelled training texts in batches of like length, seeded, on the device."""
    rows = open_split(job.data, "train")
    labelled = np.flatnonzero(has_value(rows, "label"))
    count = min(texts, len(labelled))
    chosen = np.random.default_rng(job.context.seed).choice(labelled, count, replace=False)
    tokenizer = job.tokenizer
    encoded = encode_rows(
        rows.select(np.sort(chosen)),
        tokenizer,
        job.max_length,
        job.checkpoint.labels,
        task=job.context.task,
    )
    batches = Batches(encoded, tokenizer.pad_token_id, tokenizer.padding_side)
    by_length = np.argsort(encoded.lengths, kind="stable")
    device = pick_device(job.context.device)
    for start in range(0, len(encoded), BATCH):
        batch = batches(by_length[start : start + BATCH])
        yield {name: tensor.to(device) for name, tensor in batch.items()}


def text_losses(task: Task) -> Loss:
    """The sum of a batch's losses over its texts, ()."""
    return lambda logits, batch: task.loss(logits, batch["labels"], None) * len(logits)


def width_for(model: PreTrainedModel, options: "StructureOptions") -> int:
    """The neurons a layer for a share or a size; raises ModelError where none would be left."""
    width = neurons_of(model)
    if options.parameters is None:
        share = HALF if options.neurons is None else options.neurons
        return min(width, math.ceil(share * width / STEP) * STEP)
    cost, count = neuron_cost(model), parameters_without_silent(model)
    spared = count - options.parameters
    size = min(width, (width - math.ceil(spared / cost)) // STEP * STEP)
    if size < STEP:
        least = count - cost * (width - STEP)
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
