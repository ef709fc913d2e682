"""Products of one input with several weights as one product, whose result is split."""

import posixpath

import numpy as np
import onnx
from onnx import NodeProto

from edgeft.graphs.graph import Graph, place_of

Projection = tuple[NodeProto, NodeProto]
"""a product, and the addition of its bias"""


def one_projection(model: onnx.ModelProto) -> int:
    """Multiply by query, key and value weights at once; returns the number of joint products."""
    graph = Graph(model)
    groups: dict[str, list[Projection]] = {}
    for node in graph.nodes:
        projection = with_bias(graph, node)
        if projection:
            groups.setdefault(node.input[0], []).append(projection)
    joint = [group for group in groups.values() if len(group) > 1]
    for group in joint:
        join(graph, group)
    graph.close()
    return len(joint)


def with_bias(graph: Graph, node: NodeProto) -> Projection | None:
    """A product with a weight and the addition of a bias that alone reads it."""
    if node.op_type != "MatMul":
        return None
    weight = graph.constant(node.input[1])
    readers = graph.readers(node.output[0])
    if weight is None or weight.ndim != 2 or [each.op_type for each in readers] != ["Add"]:
        return None
    bias = graph.constant(bias_of((node, readers[0])))
    return (node, readers[0]) if bias is not None and bias.shape == weight.shape[1:] else None


def bias_of(projection: Projection) -> str:
    """What is added to a product."""
    product, addition = projection
    return next(str(name) for name in addition.input if name != product.output[0])


def join(graph: Graph, group: list[Projection]) -> None:
    """Put one product and a split of its result in place of several."""
    places = [place_of(product) for product, _ in group]
    outer = posixpath.commonpath(places)
    place = f"{outer}/{'_'.join(each.rpartition('/')[2] for each in places)}"
    module = place.strip("/").replace("/", ".")
    weights = [graph.arrays[product.input[1]] for product, _ in group]
    biases = [graph.arrays[bias_of(each)] for each in group]
    weight = graph.add_weight(f"{module}.weight", np.concatenate(weights, axis=1))
    bias = graph.add_weight(f"{module}.bias", np.concatenate(biases))
    sizes = np.array([len(each) for each in biases], dtype=np.int64)
    product = graph.add("MatMul", [group[0][0].input[0], weight], place)
    total = graph.add("Add", [product, bias], place)
    split = graph.add_weight(f"{module}.sizes", sizes)
    parts = graph.add_node("Split", [total, split], place, len(group), axis=-1)
    for (_, addition), part in zip(group, parts, strict=True):
        graph.replace(addition.output[0], part)
