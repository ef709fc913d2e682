"""Two ways to turn a model into an ONNX graph with any batch size and any length."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

OUTPUT = "logits"
WRAPPED = "model"
"""name of the wrapper's only child, the first part of every name in a captured graph"""

Example = dict[str, torch.Tensor]


class Logits(nn.Module):
    """A model that takes its inputs by place and answers with nothing but logits."""

    def __init__(self, model: PreTrainedModel, inputs: list[str]) -> None:
        super().__init__()
        self.model = model
        self.inputs = inputs
        self.eval()  # an exporter restores the mode it found: train() would switch dropout on

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        """Answer inputs (rows, tokens) with logits (rows, labels) or (rows, tokens, labels)."""
        logits: torch.Tensor = self.model(**dict(zip(self.inputs, tensors, strict=True))).logits
        return logits


def trace(model: PreTrainedModel, example: Example, opset: int, path: Path) -> None:
    """Record the operations that the example causes (TorchScript)."""
    axes = {0: "batch", 1: "sequence"}
    with quiet(), torch.inference_mode():
        of_texts = Logits(model, list(example))(*example.values()).dim() == 2
        torch.onnx.export(
            Logits(model, list(example)),
            tuple(example.values()),
            str(path),
            input_names=list(example),
            output_names=[OUTPUT],
            dynamic_axes={name: axes for name in example}
            | {OUTPUT: {0: "batch"} if of_texts else axes},
            opset_version=opset,
            dynamo=False,
        )


def dynamo(model: PreTrainedModel, example: Example, opset: int, path: Path) -> None:
    """Capture the program with torch.export, sizes as symbols."""
    free = torch.export.Dim.DYNAMIC
    with quiet(), torch.inference_mode():
        torch.onnx.export(
            Logits(model, list(example)),
            tuple(example.values()),
            str(path),
            input_names=list(example),
            output_names=[OUTPUT],
            dynamic_shapes={"tensors": tuple({0: free, 1: free} for _ in example)},
            opset_version=opset,
            external_data=False,
            dynamo=True,
            verbose=False,
        )


STRATEGIES: dict[str, Callable[[PreTrainedModel, Example, int, Path], None]] = {
    "trace": trace,
    "dynamo": dynamo,
}


def example_feed(inputs: list[str], pad_id: int, vocabulary: int) -> Example:
    """Two rows of different odd lengths, with real padding, int64 (2, 7).

    A size of one would be frozen into the graph, and so might a mask of ones (optimum#2219).
    """
    ids = torch.arange(14).reshape(2, 7) % max(1, vocabulary - pad_id - 1) + pad_id + 1
    ids = torch.where(ids < vocabulary, ids, 0)
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    ids[1, 5:] = pad_id
    feeds = {"input_ids": ids, "attention_mask": mask}
    return {name: feeds.get(name, torch.zeros_like(ids)) for name in inputs}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the exporters' remarks, which are for their developers, from the user."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
