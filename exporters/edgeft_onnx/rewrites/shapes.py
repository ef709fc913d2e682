"""Reshapes to a size that is known, where it was computed from the input's sizes for each text."""

import numpy as np
import onnx

from edgeft.graphs.graph import Graph, attribute
from edgeft.graphs.probing import Values, probe


def constant_shapes(model: onnx.ModelProto) -> int:
    """Give every Reshape a constant shape: 0 keeps a dimension, -1 is what remains.

    Returns the number of Reshapes changed.
    """
    graph = Graph(model)
    reshapes = [
        node
        for node in graph.nodes
        if node.op_type == "Reshape" and graph.constant(node.input[1]) is None
    ]
    seen = probe(model, [name for node in reshapes for name in node.input[:2]])
    changed = 0
    for node in reshapes:
        data, target = (seen.get(name) for name in node.input[:2])
        shape = constant_shape(data, target) if data and target else None
        if shape is None:
            continue
        node.input[1] = graph.add_weight(f"{node.name}.shape", np.array(shape, dtype=np.int64))
        if attribute(node, "allowzero"):
            kept = [each for each in node.attribute if each.name != "allowzero"]
            del node.attribute[:]
            node.attribute.extend(kept)
        changed += 1
    graph.close()
    return changed


def constant_shape(data: Values, targets: Values) -> list[int] | None:
    """The shape that says for data of every feed what the computed one says; None if none does."""
    shape: list[int] = []
    for axis in range(len(targets[0])):
        sizes = [int(target[axis]) for target in targets]
        kept = zip(data, sizes, strict=True)
        if all(axis < value.ndim and value.shape[axis] == size for value, size in kept):
            shape.append(0)
        elif len(set(sizes)) == 1:
            shape.append(sizes[0])
        else:
            shape.append(-1)
    return shape if shape.count(-1) <= 1 else None
