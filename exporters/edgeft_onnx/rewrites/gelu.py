"""The activation gelu by its approximation with a hyperbolic tangent, which costs less.

(Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", https://arxiv.org/abs/1606.08415)
0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) lies within 0.0005 of x Phi(x), whose error
function onnxruntime computes more slowly.
"""

import onnx
from onnx import helper

from edgeft.graphs.branches import all_nodes
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
