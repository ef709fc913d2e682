"""The attention mask turned into what is added to the scores, in three operations."""

import numpy as np
import onnx
from onnx import TensorProto

from edgeft.graphs.graph import Graph, place_of
from edgeft.graphs.mask import MASK, padding_masks

LOWEST = f"{MASK}.hidden"
"""the weight that a mask of this file adds"""


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
