"""What a student keeps of the model that it starts from: layers, neurons, activation."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import datasets
import numpy as np
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.data.rows import open_split
from edgeft.plugin import Context, Dataset, ModelError
from edgeft.surgery.importance import input_importance
from edgeft.surgery.layers import with_layers
from edgeft.surgery.neurons import feed_forwards, narrowed
from edgeft.training.encoding import Batches, encode_rows
from edgeft.training.loop import pick_max_length
from edgeft.training.machine import pick_device

if TYPE_CHECKING:
    from edgeft_distill import StudentOptions

SAMPLE = 512
"""texts that tell how important a neuron is"""
BATCH = 32
ACTIVATIONS = ("hidden_act", "hidden_activation", "activation")
"""what configurations call the activation of the feed-forward networks"""


@dataclass(frozen=True)
class Shape:
    """How a student differs from the model that it starts from, its layers apart."""

    neurons: int | None = None
    importance: list[Tensor] | None = None
    """of each neuron of each layer of the model to start from"""
    activation: str | None = None

    def student(
        self, start: PreTrainedModel, keep: int | list[int]
    ) -> tuple[PreTrainedModel, list[int]]:
        """The untrained student, and which layers of `start` it has."""
        student, layers = with_layers(start, keep)
        if self.neurons is not None and self.importance is not None:
            student = narrowed(student, [self.importance[layer] for layer in layers], self.neurons)
        if self.activation is not None:
            student = with_activation(student, self.activation)
        return student, layers


def shape_of(
    start: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Dataset,
    options: "StudentOptions",
    context: Context,
) -> Shape:
    """The shape that the options ask for, the importance of neurons measured where it counts."""
    importance = None
    if options.neurons is not None:
        importance = neuron_importance(start, tokenizer, data, options, context)
    return Shape(options.neurons, importance, options.activation)


def neuron_importance(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Dataset,
    options: "StudentOptions",
    context: Context,
) -> list[Tensor]:
    """How much the loss on some training texts would change without each neuron, a tensor a layer.

    The loss is the cross-entropy on what the model itself holds most probable, which a model that
    starts with another head, or texts without labels, can be asked for as well.
    """
    rows = open_split(data, "train")
    chosen = np.random.default_rng(context.seed).permutation(len(rows))[:SAMPLE]
    outs = [model.get_submodule(each.out) for each in feed_forwards(model)]
    model.to(pick_device(context.device))
    batches = sample(model, tokenizer, rows.select(np.sort(chosen)), options, context)
    return input_importance(model, outs, batches, own_loss)


def sample(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: datasets.Dataset,
    options: "StudentOptions",
    context: Context,
) -> Iterator[dict[str, Tensor]]:
    """Batches of rows on the model's device, those of like length together."""
    max_length = pick_max_length(model, tokenizer, rows, options, context)
    encoded = encode_rows(rows, tokenizer, max_length)
    batches = Batches(encoded, tokenizer.pad_token_id, tokenizer.padding_side)
    order = np.argsort(-encoded.lengths, kind="stable")
    for start in range(0, len(order), BATCH):
        batch = batches(order[start : start + BATCH])
        yield {name: tensor.to(model.device) for name, tensor in batch.items()}


def own_loss(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Cross-entropy of logits (batch, labels) on their own best label, one a text."""
    return functional.cross_entropy(logits.float(), logits.argmax(dim=-1), reduction="none")


def with_activation(model: PreTrainedModel, activation: str) -> PreTrainedModel:
    """The same weights in a model with another activation; raises ModelError where it has none."""
    config = copy.deepcopy(model.config)
    name = next((name for name in ACTIVATIONS if hasattr(config, name)), None)
    if name is None:
        raise ModelError(
            f"the configuration of {type(model).__name__} does not name its activation",
            hint="leave `activation` out",
        )
    setattr(config, name, activation)
    changed = type(model)(config)
    changed.load_state_dict(model.state_dict(), strict=True)
    return changed
