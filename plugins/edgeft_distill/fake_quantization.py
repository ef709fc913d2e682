"""Rounds weights, activations and embeddings in training as the int8 graph will round them.

What is rounded goes forward, and its gradient goes through as if it were not (Bengio et al. 2013;
Jacob et al. 2018; Krishnamoorthi 2018). The roundings are those of the dynamic quantizer: weights
with a symmetric scale for each output, activations by onnxruntime's DynamicQuantizeLinear, rows of
tables with a scale each or, in int4, with scales for blocks. A table in codes is put in them once,
and stays: the quantizer finds the same again.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from transformers import PreTrainedModel, set_seed

from edgeft.distillation.learning import check_labels, learn
from edgeft.distillation.transfer import transfer_rows
from edgeft.plugin import Bundle, Checkpoint, Dataset
from edgeft.processes import world_size
from edgeft.quantization.codes import coded, part_of
from edgeft.quantization.profiles import profile_of
from edgeft.quantization.rows import CLIPS, FEWEST, LARGE, block_of
from edgeft.training.encoding import load_tokenizer

if TYPE_CHECKING:
    from edgeft_distill.qat import Qat, QatOptions


MOST = 20.0
"""passes: after each, the model is evaluated and written"""


def distill(step: "Qat", teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
    """Train a copy of `teacher` under the roundings of int8, and write it as float32.

    Raises ModelError for a teacher that is a bundle, or lacks a label of the data.
    """
    options, context = step.options, step.context
    step.check_teacher(options, teacher)
    check_labels(teacher, data)
    if options.max_length is None:  # its texts are as long as before
        options = options.model_copy(update={"max_length": teacher.manifest.max_length or None})
    if not options.epochs:
        rows = len(transfer_rows(data, options))
        options = options.model_copy(update={"epochs": passes(options, rows)})
    with step.writing(Checkpoint, teacher=teacher, data=data) as draft:
        set_seed(context.seed)
        model = context.task.load_model(teacher.path, teacher.labels)
        with fake_quantized(model, options):
            learn(
                model,
                load_tokenizer(teacher.path),
                teacher,
                data,
                draft,
                options=options,
                context=context,
            )
    return draft.artifact


def passes(options: "QatOptions", rows: int) -> float:
    """The passes over so many rows that `steps` batches in each process are, MOST at most."""
    a_pass = math.ceil(rows / (options.batch_size * options.accumulation * world_size()))
    return min(MOST, options.steps / max(1, a_pass))


@contextmanager
def fake_quantized(model: PreTrainedModel, options: "QatOptions") -> Iterator[None]:
    """Let the model compute with rounded weights and activations, in training and evaluation."""
    narrow = options.reduce_range
    if narrow is None:
        narrow = profile_of("auto").reduce_range
    mode = Roundings(model, levels=64 if narrow else 127, tables=options.embeddings)
    if options.embeddings == "pq":
        for table in filter(has_codes, mode.large):
            put_in_codes(table)

    def enter(*_: Any) -> None:
        mode.__enter__()

    def leave(*_: Any) -> None:
        mode.__exit__(None, None, None)

    hooks = [
        model.register_forward_pre_hook(enter),
        model.register_forward_hook(leave, always_call=True),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def has_codes(table: torch.Tensor) -> bool:
    """Whether the quantizer puts a large table of that shape in codes."""
    return part_of(*table.shape) > 0


def put_in_codes(table: nn.Parameter) -> None:
    """Give a table the values that its codes stand for, which training leaves as they are."""
    with torch.no_grad():
        table.copy_(torch.from_numpy(coded(table.numpy(force=True))))
    table.requires_grad_(False)


class Roundings(TorchFunctionMode):
    """Rounds what linear layers and embeddings compute with, and drops nothing out.

    Dropout is a larger noise than the roundings: it would hide what there is to learn.
    """

    def __init__(self, model: PreTrainedModel, *, levels: int, tables: str) -> None:
        super().__init__()
        self.model = model
        self.levels = levels
        self.tables = tables
        found = [each.weight for each in model.modules() if isinstance(each, nn.Embedding)]
        found = [each for each in found if len(each) >= FEWEST]
        total = sum(each.numel() for each in found)
        self.large = [each for each in found if each.numel() >= LARGE * total]

    def is_large(self, table: torch.Tensor) -> bool:
        """Whether a table becomes int4; training puts a part of the words' in its place."""
        words = self.model.get_input_embeddings().weight
        return table is words or any(table is each for each in self.large)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.dropout:
            return args[0]
        if func is functional.scaled_dot_product_attention:
            kwargs = kwargs | {"dropout_p": 0.0}
        if func is functional.linear:
            values, weight, *bias = args
            return func(rounded_activations(values), rounded_rows(weight, self.levels), *bias)
        found = func(*args, **kwargs)
        if func is functional.embedding and self.tables != "float32":
            weight = args[1]
            if self.tables != "int8" and self.is_large(weight):
                in_codes = self.tables == "pq" and has_codes(weight)
                return found if in_codes else rounded_blocks(found)
            return rounded_rows(found, 127) if len(weight) >= FEWEST else found
        return found


def rounded_activations(values: torch.Tensor) -> torch.Tensor:
    """Activations of each text (text, ...) in 256 steps from their least to their largest.

    With low = min(0, least) and high = max(0, largest), the step is (high - low) / 255 and zero is
    one of the steps (Jacob et al. 2018). A device runs single texts, so each has a step of its own.
    """
    flat = values.detach().flatten(1)
    shape = (-1, *[1] * (values.dim() - 1))
    low = flat.amin(dim=1).clamp(max=0).view(shape)
    high = flat.amax(dim=1).clamp(min=0).view(shape)
    step = ((high - low) / 255).clamp(min=torch.finfo(torch.float32).tiny)
    zero = torch.round(-low / step).clamp(0, 255)
    steps = (flat.view(values.shape) / step).round().add(zero).clamp(0, 255) - zero
    return straight_through(values, steps * step)


def rounded_rows(values: torch.Tensor, levels: int) -> torch.Tensor:
    """Rows (..., width) in steps of their largest absolute value / levels."""
    largest = values.detach().abs().amax(dim=-1, keepdim=True)
    step = torch.where(largest > 0, largest, 1) / levels
    return straight_through(values, (values.detach() / step).round() * step)


def rounded_blocks(values: torch.Tensor) -> torch.Tensor:
    """Rows (..., width) in sixteen steps a block, of the size that leaves the least error."""
    width = values.shape[-1]
    if width % 2:
        return rounded_rows(values, 127)
    blocks = values.detach().unflatten(-1, (-1, block_of(width)))
    largest = blocks.abs().amax(dim=-1, keepdim=True)
    largest = torch.where(largest > 0, largest, 1)
    best = torch.zeros_like(blocks)
    least = torch.full_like(largest, torch.inf)
    for clip in CLIPS.tolist():
        step = largest * clip / 7
        tried = (blocks / step).round().clamp(-8, 7) * step
        error = (tried - blocks).square().sum(dim=-1, keepdim=True)
        best = torch.where(error < least, tried, best)
        least = torch.minimum(error, least)
    return straight_through(values, best.flatten(-2))


def straight_through(values: torch.Tensor, rounded: torch.Tensor) -> torch.Tensor:
    """What is rounded going forward, and the values as they are going backward."""
    return values + (rounded - values).detach()
