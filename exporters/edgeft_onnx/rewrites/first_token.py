"""The last layer computed for the one token that is read.

A classifier reads the first token's hidden state and no other. What the last layer makes of the
others is thrown away, but for their keys and values: queries, attention, feed-forward and norms of
one row give the same answer. Every operation that treats tokens apart is moved behind the choice.
"""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import NodeProto

from edgeft.graphs.graph import Graph, attribute
from edgeft.graphs.probing import Values, probe

ELEMENTWISE = {
    "Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Erf", "Gelu", "FastGelu", "QuickGelu", "Tanh",
    "Relu", "Sigmoid", "Cast", "Identity", "Where", "Neg", "Reciprocal",
}  # fmt: skip

Places = dict[str, int]
"""values of which only the first token is read, with the axis that its tokens are on"""


def first_token_only(model: onnx.ModelProto) -> int:
    """Compute only the first token of what ends in a choice of it.

    Returns the number of operations that work on one token now; 0 where the answer depends on more.
    """
    graph = Graph(model)
    shapes = Shapes(model, graph)
    needed: Places = {}
    everything: set[str] = set(graph.outputs)
    moved: list[NodeProto] = []
    for node in reversed(graph.nodes):
        name = node.output[0]
        if is_choice_of_first(graph, node) and shapes.rank(node.input[0]) == 3:
            wanted = {node.input[0]: 1}
        elif name in needed and not everything & set(node.output):
            wanted = tokens_of(graph, shapes, node, needed[name])
            if wanted:
                moved.append(node)
        else:
            wanted = {}
        for each in node.input:
            if each not in wanted or needed.setdefault(each, wanted[each]) != wanted[each]:
                everything.add(each)
    if not any(node.op_type in ("MatMul", "Gemm") for node in moved):
        return 0
    cut(graph, shapes, moved, needed)
    graph.close()
    return len(moved)


class Shapes:
    """How many dimensions values have, and along which a value is a single one."""

    def __init__(self, model: onnx.ModelProto, graph: Graph) -> None:
        names = [name for node in graph.nodes for name in node.output if name]
        self.graph = graph
        self.seen: dict[str, Values] = probe(model, names)

    def sizes(self, name: str) -> list[tuple[int, ...]]:
        """The shapes of a value, for every feed; none where it is not known."""
        constant = self.graph.constant(name)
        if constant is not None:
            return [constant.shape]
        return [value.shape for value in self.seen.get(name, [])]

    def rank(self, name: str) -> int:
        """The number of dimensions; -1 where it is not known."""
        return len(self.sizes(name)[0]) if self.sizes(name) else -1


def is_choice_of_first(graph: Graph, node: NodeProto) -> bool:
    """Whether a node takes the first of what is along axis 1, and nothing else."""
    if node.op_type == "Gather" and attribute(node, "axis", 0) == 1:
        index = graph.constant(node.input[1])
        return index is not None and index.size == 1 and int(index.flat[0]) == 0
    if node.op_type == "Slice" and len(node.input) >= 4:
        start, end, axes = (graph.constant(name) for name in node.input[1:4])
        return all(
            each is not None and each.tolist() == wanted
            for each, wanted in ((start, [0]), (end, [1]), (axes, [1]))
        )
    return False


def tokens_of(graph: Graph, shapes: Shapes, node: NodeProto, axis: int) -> Places:
    """The inputs of which the first token is enough for the first token of the result.

    `axis` is where the result's tokens are. Nothing where a token depends on others.
    """
    operator = node.op_type
    rank = shapes.rank(node.output[0])
    if operator in ELEMENTWISE:
        return dict(elementwise(shapes, node, rank - axis))
    if operator == "LayerNormalization":
        last = attribute(node, "axis", -1) % rank
        return {node.input[0]: axis} if axis < last else {}
    if operator == "MatMul" and axis == rank - 2 and shapes.rank(node.input[0]) == rank:
        return {node.input[0]: axis}
    if operator == "Softmax" and attribute(node, "axis", -1) % rank != axis:
        return {node.input[0]: axis}
    if operator == "Transpose":
        return {node.input[0]: list(attribute(node, "perm"))[axis]}
    if operator == "Reshape":
        shape = graph.constant(node.input[1])
        kept = shape is not None and (shape[: axis + 1] == 0).all() and axis > 0
        return {node.input[0]: axis} if kept else {}
    return {}


def elementwise(shapes: Shapes, node: NodeProto, from_end: int) -> Iterator[tuple[str, int]]:
    """The inputs of an elementwise node that have tokens, and on which axis."""
    for name in node.input:
        place = shapes.rank(name) - from_end
        if place >= 0 and any(size[place] != 1 for size in shapes.sizes(name)):
            yield name, place


def cut(graph: Graph, shapes: Shapes, moved: list[NodeProto], needed: Places) -> None:
    """Give the moved nodes the first token of what is still computed for all."""
    inside = {name for node in moved for name in node.output}
    first: dict[str, str] = {}
    zero, one = (
        graph.add_weight(f"first_token.{name}", np.array([number], dtype=np.int64))
        for name, number in (("start", 0), ("end", 1))
    )
    for node in moved:
        wanted = tokens_of(graph, shapes, node, needed[node.output[0]])
        for place, name in enumerate(node.input):
            if name not in wanted or name in inside:
                continue
            if name not in first:
                axes = graph.add_weight(
                    f"first_token.axis_{wanted[name]}", np.array([wanted[name]], dtype=np.int64)
                )
                outer = node.name.rpartition("/")[0]
                first[name] = graph.add("Slice", [name, zero, one, axes], outer)
            node.input[place] = first[name]
