"""Attention without a mask where no text is padded.

onnxruntime computes attention in blocks that stay in the cache as long as nothing is masked, and
writes all scores out where something is. A single text is never padded, and neither is a batch of
equal lengths, so the graph asks once whether anything is, and takes one of two operators.
"""

import copy

import onnx
from onnx import NodeProto, TensorProto, helper

from edgeft.graphs.attention import one_attention
from edgeft.graphs.graph import Graph, place_of
from edgeft.graphs.mask import MASK

KEYS = 4
"""the input of MultiHeadAttention that says which tokens are padding"""


def without_mask(model: onnx.ModelProto) -> int:
    """Leave the mask out of every attention operator where a batch has no padding.

    Attention that is still written out becomes such an operator first. Returns how many were
    changed.
    """
    one_attention(model)
    graph = Graph(model)
    masked = [
        node
        for node in graph.nodes
        if node.op_type == "MultiHeadAttention" and is_padding(graph, node)
    ]
    if not masked:
        return 0
    place = place_of(masked[0])
    least = graph.add("ReduceMin", [MASK], place, keepdims=0)
    whole = graph.add("Cast", [least], place, to=TensorProto.BOOL)
    for node in masked:
        graph.nodes.remove(node)
        bare = copy.deepcopy(node)
        del bare.input[KEYS:]
        while not bare.input[-1]:
            del bare.input[-1]
        graph.nodes.append(
            helper.make_node(
                "If",
                [whole],
                list(node.output),
                graph.free(f"{place_of(node)}/If"),
                then_branch=branch(graph, bare, "unpadded"),
                else_branch=branch(graph, node, "padded"),
            )
        )
    graph.close()
    return len(masked)


def is_padding(graph: Graph, node: NodeProto) -> bool:
    """Whether the tokens that an operator hides are those of the attention mask itself."""
    maker = graph.maker(node.input[KEYS]) if len(node.input) > KEYS else None
    return maker is not None and maker.op_type == "Cast" and list(maker.input) == [MASK]


def branch(graph: Graph, node: NodeProto, name: str) -> onnx.GraphProto:
    """A graph of one operator that reads the values around it."""
    inner = copy.deepcopy(node)
    inner.name = graph.free(f"{node.name}/{name}")
    inner.output[0] = graph.free(f"{node.output[0]}/{name}")
    found = helper.make_tensor_value_info(inner.output[0], TensorProto.FLOAT, None)
    return helper.make_graph([inner], inner.name, [], [found])
