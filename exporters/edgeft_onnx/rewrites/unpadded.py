"""Attention without a mask where no text is padded.

onnxruntime computes attention in blocks that stay in the cache as long as nothing is masked, and
writes all scores out where something is. A single text is never padded, and neither is a batch of
equal lengths, so the graph asks once whether anything is, and takes one of two operators.
"""

import copy

import onnx
from onnx import NodeProto, helper

from edgeft.graphs.attention import PADDING, one_attention
from edgeft.graphs.branches import branch
from edgeft.graphs.graph import Graph, place_of
from edgeft.graphs.mask import MASK, is_whole


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
    whole = is_whole(graph, MASK, place_of(masked[0]))
    for node in masked:
        graph.nodes.remove(node)
        bare = copy.deepcopy(node)
        del bare.input[PADDING:]
        while not bare.input[-1]:
            del bare.input[-1]
        graph.nodes.append(
            helper.make_node(
                "If",
                [whole],
                list(node.output),
                graph.free(f"{place_of(node)}/If"),
                then_branch=alone(graph, bare, "unpadded"),
                else_branch=alone(graph, node, "padded"),
            )
        )
    graph.close()
    return len(masked)


def is_padding(graph: Graph, node: NodeProto) -> bool:
    """Whether the tokens that an operator hides are those of the attention mask itself."""
    maker = graph.maker(node.input[PADDING]) if len(node.input) > PADDING else None
    return maker is not None and maker.op_type == "Cast" and list(maker.input) == [MASK]


def alone(graph: Graph, node: NodeProto, name: str) -> onnx.GraphProto:
    """A branch of one operator."""
    inner = copy.deepcopy(node)
    inner.name = graph.free(f"{node.name}/{name}")
    inner.output[0] = graph.free(f"{node.output[0]}/{name}")
    return branch(inner.name, [inner], inner.output[0])
