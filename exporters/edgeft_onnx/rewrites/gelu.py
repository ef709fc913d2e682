"""The activation gelu by its approximation with a hyperbolic tangent, which costs less.

(Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", https://arxiv.org/abs/1606.08415)
0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) lies within 0.0005 of x Phi(x), whose error
function onnxruntime computes more slowly.
"""

from collections.abc import Iterator

import onnx
from onnx import NodeProto, helper

from edgeft.graphs.graph import attribute


def tanh_gelu(model: onnx.ModelProto) -> int:
    """Let every exact gelu be the approximate one; returns how many there were."""
    exact = [
        node
        for node in all_nodes(model.graph)
        if node.op_type == "Gelu"
        and not node.domain
        and attribute(node, "approximate", b"none") == b"none"
    ]
    for node in exact:
        del node.attribute[:]
        node.attribute.append(helper.make_attribute("approximate", "tanh"))
    return len(exact)


def all_nodes(graph: onnx.GraphProto) -> Iterator[NodeProto]:
    """The nodes of a graph and of its branches."""
    for node in graph.node:
        yield node
        for each in node.attribute:
            if each.HasField("g"):
                yield from all_nodes(each.g)
