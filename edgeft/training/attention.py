"""Which of transformers' ways to compute attention a training takes.

PyTorch's fused attention is fast forward, and backward in float32. Backward in bfloat16 it is slow
on processors (torch 2.13): a pass of MiniLM over 32 texts of 28 tokens takes 406 ms with it and 218
ms as plain matrix products, of 128 tokens 1.9 and 1.3 s, of 256 and more it is the faster one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from transformers import PreTrainedModel, TrainingArguments

PLAIN = "eager"
"""transformers' name for matrix products and a softmax: it alone gives the maps"""
SHORT = 128
"""tokens of the longest text up to which they are faster, and their maps no burden on memory"""


def quick(model: PreTrainedModel, args: TrainingArguments, longest: int) -> str:
    """The fastest attention for a training with texts of at most `longest` tokens."""
    plain = args.bf16 and args.use_cpu and longest <= SHORT
    return PLAIN if plain else str(model.config._attn_implementation)


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
