"""Rounds weights, activations and embeddings in training as the int8 graph will round them.

What is rounded goes forward, and its gradient goes through as if it were not (Bengio et al. 2013;
Jacob et al. 2018; Krishnamoorthi 2018). The roundings are those of the dynamic quantizer, but that
weights in four bits are each rounded to their nearest, where it makes up for errors: what was
learnt to bear more bears that. A table in codes is put in them once, and stays: the quantizer finds
the same again.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from transformers import PreTrainedModel, PreTrainedTokenizerFast, TrainerCallback, set_seed

from edgeft.distillation.learning import check_labels, learn
from edgeft.distillation.transfer import transfer_rows
from edgeft.plugin import Bundle, Checkpoint, Context, Dataset
from edgeft.processes import world_size
from edgeft.quantization.codes import coded, cut
from edgeft.quantization.gptq import MOST, MOST_OF_7_BITS
from edgeft.quantization.profiles import profile_of
from edgeft.quantization.rows import FEWEST, LARGE
from edgeft.training.counting import counted
from edgeft.training.encoding import load_tokenizer
from edgeft_distill.four_bits import FourBits, weights_in_four_bits
from edgeft_distill.rounding import rounded_activations, rounded_blocks, rounded_rows

if TYPE_CHECKING:
    from edgeft_distill.qat import Qat, QatOptions, RoundingOptions


MOST_PASSES = 20.0
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
        tokenizer = load_tokenizer(teacher.path)
        learn(
            model,
            tokenizer,
            teacher,
            data,
            draft,
            options=options,
            context=context,
            roundings=roundings(model, options, tokenizer, data, context),
        )
    return draft.artifact


def passes(options: "QatOptions", rows: int) -> float:
    """The passes over so many rows that `steps` batches in each process are, up to MOST_PASSES."""
    a_pass = math.ceil(rows / (options.batch_size * options.accumulation * world_size()))
    return min(MOST_PASSES, options.steps / max(1, a_pass))


def roundings(
    model: PreTrainedModel,
    options: "RoundingOptions",
    tokenizer: PreTrainedTokenizerFast,
    data: Dataset,
    context: Context,
) -> AbstractContextManager[Sequence[TrainerCallback]]:
    """What a model that reads these texts is trained within, and what has to see its steps."""
    counts = counted(tokenizer, data, context) if options.embeddings == "pq" else None
    return fake_quantized(model, options, counts)


@contextmanager
def fake_quantized(
    model: PreTrainedModel, options: "RoundingOptions", counts: np.ndarray | None = None
) -> Iterator[Sequence[TrainerCallback]]:
    """Let the model compute with rounded weights and activations, in training and evaluation.

    Yields what a training has to tell of its steps. `counts` (token ids,) are how often the texts
    have each token. Tables in codes keep the values of their codes; all else is float again
    afterwards.
    """
    narrow = options.reduce_range
    if narrow is None:
        narrow = profile_of("auto").reduce_range
    mode = Roundings(model, narrow=narrow, options=options)
    if options.embeddings == "pq":
        words = model.get_input_embeddings().weight
        for table in mode.large:
            if put_in_codes(table, counts if table is words else None):
                mode.in_codes.append(table)

    def enter(*_: Any) -> None:
        mode.__enter__()

    def leave(*_: Any) -> None:
        mode.__exit__(None, None, None)

    hooks = [
        model.register_forward_pre_hook(enter),
        model.register_forward_hook(leave, always_call=True),
    ]
    try:
        yield [mode.four_bits]
    finally:
        for hook in hooks:
            hook.remove()


def put_in_codes(table: nn.Parameter, counts: np.ndarray | None) -> bool:
    """Give a table the values that its codes stand for, which training leaves as they are.

    Returns False for a table that the quantizer puts in no codes.
    """
    values = table.numpy(force=True)
    part, _ = cut(values)
    if part:
        with torch.no_grad():
            table.copy_(torch.from_numpy(coded(values, counts)))
        table.requires_grad_(False)
    return part > 0


class Roundings(TorchFunctionMode):
    """Rounds what linear layers and embeddings compute with, and drops nothing out.

    Dropout is a larger noise than the roundings: it would hide what there is to learn.
    """

    def __init__(self, model: PreTrainedModel, *, narrow: bool, options: "RoundingOptions") -> None:
        super().__init__()
        self.model = model
        self.levels = 64 if narrow else 127
        self.tables = options.embeddings
        in_four_bits = weights_in_four_bits(model) if options.products == "int4" else ()
        self.four_bits = FourBits(in_four_bits, MOST_OF_7_BITS if narrow else MOST)
        self.in_codes: list[nn.Parameter] = []
        found = [each.weight for each in model.modules() if isinstance(each, nn.Embedding)]
        found = [each for each in found if len(each) >= FEWEST]
        total = sum(each.numel() for each in found)
        self.large = [each for each in found if each.numel() >= LARGE * total]

    def is_large(self, table: torch.Tensor) -> bool:
        """Whether a table becomes int4; training puts a part of the words' in its place."""
        words = self.model.get_input_embeddings().weight
        return table is words or any(table is each for each in self.large)

    def rounded(self, weight: torch.Tensor) -> torch.Tensor:
        """A weight as the graph has it."""
        if weight in self.four_bits:
            return self.four_bits.rounded(weight)
        return rounded_rows(weight, self.levels)

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
            return func(rounded_activations(values), self.rounded(weight), *bias, **kwargs)
        found = func(*args, **kwargs)
        if func is functional.embedding and self.tables != "float32":
            weight = args[1]
            if self.tables != "int8" and self.is_large(weight):
                in_codes = any(weight is each for each in self.in_codes)
                return found if in_codes else rounded_blocks(found)
            return rounded_rows(found, 127) if len(weight) >= FEWEST else found
        return found
