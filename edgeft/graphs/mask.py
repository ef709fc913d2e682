"""Which values of a graph hide padding from attention."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import NodeProto, TensorProto

from edgeft.graphs.graph import Graph
from edgeft.graphs.probing import Values, feeds_for, probe

MASK = "attention_mask"
HIDDEN = -1e4
"""a score that much lower has no part in the softmax: e to the power of it is 0"""


def padding_masks(graph: Graph) -> list[str]:
    """The values added to scores that hide from every token those that `attention_mask` hides."""
    if MASK not in graph.inputs:
        return []
    names = dict.fromkeys(name for node in scores(graph) for name in node.input)
    values = probe(graph.model, list(names))
    return [name for name, value in values.items() if hides_padding(graph.model, value)]


def is_whole(graph: Graph, mask: str, place: str) -> str:
    """Ask whether a mask hides nothing; returns the boolean's name."""
    least = graph.add("ReduceMin", [mask], place, keepdims=0)
    return graph.add("Cast", [least], place, to=TensorProto.BOOL)


def scores(graph: Graph) -> Iterator[NodeProto]:
    """The additions right before a softmax."""
    for node in graph.nodes:
        if node.op_type == "Softmax":
            before = graph.maker(node.input[0])
            if before is not None and before.op_type == "Add":
                yield before


def hides_padding(model: onnx.ModelProto, values: Values) -> bool:
    """Whether values (rows, 1, tokens or 1, tokens) are 0 for seen tokens and low for others."""
    for feed, value in zip(feeds_for(model), values, strict=True):
        mask = feed[MASK][:, None, None, :].astype(bool)  # (rows, 1, 1, tokens)
        rows, tokens = feed[MASK].shape
        if value.dtype != np.float32 or value.ndim != 4 or value.shape[1] != 1:
            return False
        if value.shape[0] != rows or value.shape[3] != tokens:
            return False
        if not np.where(mask, value == 0, value <= HIDDEN).all():
            return False
    return True
