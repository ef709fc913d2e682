"""The attention mask turned into what is added to the scores, in three operations."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import NodeProto, TensorProto

from edgeft_onnx.rewrites.graph import Graph, place_of
from edgeft_onnx.rewrites.probing import Values, feeds_for, probe

MASK = "attention_mask"
LOWEST = f"{MASK}.hidden"
"""the weight that a mask of this file adds"""
HIDDEN = -1e4
"""a score that much lower has no part in the softmax: e to the power of it is 0"""


def plain_mask(model: onnx.ModelProto) -> int:
    """Compute what hides padded tokens straight from the mask; returns how many masks changed.

    Only a mask that hides the same tokens from every token is changed: not a window, not a causal
    one.
    """
    graph = Graph(model)
    makers = {name: graph.maker(name) for name in padding_masks(graph)}
    masks = {name: node for name, node in makers.items() if node and LOWEST not in node.input}
    for name, maker in masks.items():
        place = place_of(maker)
        axes = graph.add_weight(f"{MASK}.axes", np.array([1, 2], dtype=np.int64))
        seen = graph.add("Cast", [MASK], place, to=TensorProto.BOOL)
        lowest = np.array(np.finfo(np.float32).min, dtype=np.float32)
        added = graph.add(
            "Where",
            [
                graph.add("Unsqueeze", [seen, axes], place),  # (rows, 1, 1, tokens)
                graph.add_weight(f"{MASK}.seen", np.array(0, dtype=np.float32)),
                graph.add_weight(LOWEST, lowest),
            ],
            place,
        )
        graph.replace(name, added)
    graph.close()
    return len(masks)


def padding_masks(graph: Graph) -> list[str]:
    """The values added to scores that hide from every token those that `attention_mask` hides."""
    if MASK not in graph.inputs:
        return []
    names = dict.fromkeys(name for node in scores(graph) for name in node.input)
    values = probe(graph.model, list(names))
    return [name for name, value in values.items() if hides_padding(graph.model, value)]


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
