"""What a student keeps of the model that it starts from: layers, neurons, heads, activation."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.data.rows import inputs_of, open_split
from edgeft.plugin import Context, Dataset, ModelError
from edgeft.surgery.attentions import attentions, head_width
from edgeft.surgery.heads import head_inputs, with_heads
from edgeft.surgery.importance import Batch, alike, input_importance
from edgeft.surgery.layers import depth_of, with_layers
from edgeft.surgery.neurons import feed_forwards, narrowed
from edgeft.surgery.width import with_width
from edgeft.training.batches import Batches
from edgeft.training.loop import pick_max_length
from edgeft.training.machine import pick_device
from edgeft.training.tokenizing import encode

if TYPE_CHECKING:
    from edgeft_distill import StudentOptions

SAMPLE = 512
"""texts that tell how important a neuron is"""
BATCH = 32
ACTIVATIONS = ("hidden_act", "hidden_activation", "activation")
"""what configurations call the activation of the feed-forward networks"""


@dataclass(frozen=True)
class Shape:
    """How a student differs from the model that it starts from, its layers apart.

    What is important is measured on the whole model: `neurons` (neurons,) and `heads` (heads,) a
    layer, `dimensions` (hidden,).
    """

    options: "StudentOptions"
    neurons: list[Tensor] | None = None
    heads: list[Tensor] | None = None
    dimensions: Tensor | None = None

    def student(
        self, start: PreTrainedModel, keep: list[int] | None
    ) -> tuple[PreTrainedModel, list[int]]:
        """The untrained student, and which layers of `start` it has: those to keep, or all."""
        options = self.options
        student, layers = start, list(range(depth_of(start)))
        if keep is not None:
            student, layers = with_layers(start, keep)
        if options.neurons is not None and self.neurons is not None:
            scores = [self.neurons[layer] for layer in layers]
            student = narrowed(student, scores, options.neurons)
        if options.width is not None and self.dimensions is not None and self.heads is not None:
            heads = [self.heads[layer] for layer in layers]
            student = with_width(student, options.width, self.dimensions, heads)
        if options.attention_heads is not None and self.heads is not None:
            heads = [self.heads[layer] for layer in layers]
            student = with_heads(student, heads, options.attention_heads)
        if options.activation is not None:
            student = with_activation(student, options.activation)
        return student, layers


def shape_of(
    start: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Dataset,
    options: "StudentOptions",
    context: Context,
) -> Shape:
    """The shape that the options ask for, with the importance of what it cuts.

    Importance is how much the loss on some training texts would change, to first order.
    """
    if options.neurons is options.width is options.attention_heads is None:
        return Shape(options)
    start.to(pick_device(context.device))
    batches = list(sample(start, tokenizer, data, options, context))
    neurons = heads = dimensions = None
    if options.neurons is not None:
        outs = [start.get_submodule(each.out) for each in feed_forwards(start)]
        neurons = input_importance(start, outs, batches, own_loss)
    if options.attention_heads is not None:
        outs, inputs = head_inputs(start)
        heads = input_importance(start, outs, batches, own_loss, group=inputs)
    if options.width is not None:
        found = attentions(start)
        outs = [start.get_submodule(each.out) for each in found]
        heads = input_importance(start, outs, batches, own_loss, group=head_width(start))
        values = [start.get_submodule(each.into[-1]) for each in found]
        dimensions = alike(input_importance(start, values, batches, own_loss))
    start.to("cpu")
    return Shape(options, neurons, heads, dimensions)


def own_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of logits on their own best label, one a text, (batch,).

    Of logits (batch, tokens, labels) the sum over a text's tokens, of a number itself. Texts
    without a label, and a model that starts with another head, can be asked for it as well.
    """
    logits = logits.float()
    if logits.shape[-1] == 1:  # a number moves by what its gradient says
        return logits[:, 0]
    if logits.dim() == 2:
        return functional.cross_entropy(logits, logits.argmax(dim=-1), reduction="none")
    of_tokens = functional.cross_entropy(
        logits.transpose(1, 2), logits.argmax(dim=-1), reduction="none"
    )
    return (of_tokens * batch["attention_mask"]).sum(dim=1)


def sample(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Dataset,
    options: "StudentOptions",
    context: Context,
) -> Iterator[Batch]:
    """Batches of some training texts on the model's device, those of like length together."""
    rows = open_split(data, "train")
    max_length = pick_max_length(model, tokenizer, rows, options.max_length, context.seed)
    chosen = np.random.default_rng(context.seed).permutation(len(rows))[:SAMPLE]
    some = inputs_of(rows.select(np.sort(chosen)))
    encoded = encode(some, tokenizer, max_length, marks=context.task.marks)
    batches = Batches(encoded, tokenizer.pad_token_id, tokenizer.padding_side)
    order = np.argsort(-encoded.lengths, kind="stable")
    for start in range(0, len(order), BATCH):
        batch = batches(order[start : start + BATCH])
        yield {name: tensor.to(model.device) for name, tensor in batch.items()}


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
