"""Which of transformers' ways to compute attention a training takes.

PyTorch's fused attention is fast forward, and backward in float32. Backward in bfloat16 it is slow
on processors (torch 2.13): a pass of MiniLM over 32 texts of 28 tokens takes 406 ms with it and 218
ms as plain matrix products, of 128 tokens 1.9 and 1.3 s, of 256 and more it is the faster one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn
from transformers import PreTrainedModel, TrainingArguments

PLAIN = "eager"
"""transformers' name for matrix products and a softmax: it alone gives the maps"""
SHORT = 128
"""tokens of a batch's longest text up to which they are faster, and their maps no burden"""


@contextmanager
def quickest(model: PreTrainedModel, args: TrainingArguments) -> Iterator[None]:
    """Let a model that is trained compute each batch in the way that is fastest for its length.

    It computes as before when the block ends.
    """
    usual = str(model.config._attn_implementation)
    if usual == PLAIN or not (args.bf16 and args.use_cpu):
        yield
        return

    def choose(module: nn.Module, parts: Any, named: dict[str, Any]) -> None:
        mask = named.get("attention_mask")
        way = PLAIN if mask is not None and mask.shape[1] <= SHORT else usual
        if model.config._attn_implementation != way:
            model.set_attn_implementation(way)

    hook = model.register_forward_pre_hook(choose, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()
        model.set_attn_implementation(usual)


@contextmanager
def attending(models: Sequence[PreTrainedModel], way: str) -> Iterator[None]:
    """Let models compute their attention in that way, and as before when the block ends."""
    before = [str(model.config._attn_implementation) for model in models]
    for model in models:
        model.set_attn_implementation(way)
    try:
        yield
    finally:
        for model, was in zip(models, before, strict=True):
            model.set_attn_implementation(was)
