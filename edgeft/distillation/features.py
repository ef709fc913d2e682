"""What a model computes on the way to its logits: its queries, keys and values, and a teacher's."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from edgeft.surgery.attentions import attentions
from edgeft.training.batches import read


class Relations:
    """Watches a layer of a model until `close`: after each pass, its queries, keys and values.

    They are what the linear maps give, (batch, tokens, width) each: before the heads are split,
    and before a rotation by position (ModernBERT's).
    """

    def __init__(self, model: PreTrainedModel, layer: int) -> None:
        self.seen: dict[int, Tensor] = {}
        self.maps = [model.get_submodule(name) for name in attentions(model)[layer].into]
        self.hooks = [
            model.register_forward_pre_hook(lambda *_: self.seen.clear()),
            *(
                module.register_forward_hook(partial(self.keep, place))
                for place, module in enumerate(self.maps)
            ),
        ]

    def close(self) -> None:
        """Stop watching."""
        self.seen.clear()
        for hook in self.hooks:
            hook.remove()

    def keep(self, place: int, module: nn.Module, inputs: Any, output: Tensor) -> None:
        """Keep a map's first answer: DeBERTa asks again, about positions."""
        self.seen.setdefault(place, output)

    @property
    def vectors(self) -> list[Tensor]:
        """Queries, keys and values of the last pass."""
        found = [self.seen[place] for place in range(len(self.maps))]
        return list(found[0].chunk(3, dim=-1)) if len(found) == 1 else found

    @property
    def widths(self) -> list[int]:
        """The widths of queries, keys and values."""
        sizes = [each.out_features for each in self.maps]
        return [sizes[0] // 3] * 3 if len(sizes) == 1 else sizes


class Beside:
    """A teacher that reads a student's batches beside it.

    Without gradients, but not in inference mode: what it gives is kept for the student's own.
    """

    def __init__(self, model: PreTrainedModel, *, bf16: bool) -> None:
        self.model = model.eval().requires_grad_(False)
        self.bf16 = bf16

    def __call__(self, batch: dict[str, Tensor], **asks: bool) -> Any:
        """All that the teacher answers to a batch, on the batch's device."""
        ids = batch["input_ids"]
        if self.model.device != ids.device:
            self.model.to(ids.device)
        with torch.no_grad(), torch.autocast(ids.device.type, torch.bfloat16, enabled=self.bf16):
            return self.model(**read(batch), **asks)


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Switch dropout off while a model is trained to compute what another computes without.

    Attention maps come with their dropout otherwise, and a map with holes matches nothing.
    """
    before = [
        (module, name, getattr(module, name))
        for module in model.modules()
        for name in ("p", "attention_dropout")
        if isinstance(getattr(module, name, None), float)
    ]
    for module, name, _ in before:
        setattr(module, name, 0.0)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
