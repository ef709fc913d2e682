"""Attention as one operator of onnxruntime, in place of a dozen that reshape and transpose.

The projections stay products of their own, so they become int8 like any other.
"""

from dataclasses import dataclass

import onnx
from onnx import NodeProto, TensorProto

from edgeft.graphs.graph import MICROSOFT, Graph, attribute, place_of
from edgeft.graphs.mask import HIDDEN, MASK, padding_masks
from edgeft.graphs.probing import probe

QUERY, KEY, VALUE, BIAS, PADDING, ADDED = range(6)
"""the first inputs of MultiHeadAttention; PADDING says which tokens are read"""
SPLIT = [0, 2, 1, 3]
"""(rows, tokens, heads, width) to (rows, heads, tokens, width), and back"""
SPLIT_TURNED = [0, 2, 3, 1]
TURNED = [0, 1, 3, 2]


@dataclass(frozen=True)
class Attention:
    """What one attention reads, and where its result goes; values are (rows, tokens, hidden)."""

    softmax: NodeProto
    query: str
    key: str
    value: str
    heads: str
    """a value of shape (rows, heads, tokens, width)"""
    scores: str
    """a value of shape (rows, heads, tokens that ask, tokens)"""
    scale: float
    product: str
    """the scores before scale and mask"""
    weighted: str
    """what every head answers, of shape (rows, heads, tokens that ask, width)"""
    result: str


def one_attention(model: onnx.ModelProto) -> int:
    """Replace every attention whose mask only hides padding by MultiHeadAttention.

    Returns how many were replaced. Masked scores are lowered by 10,000, whose softmax is 0 as well.
    Where fewer tokens ask than answer, attention stays written out: onnxruntime 1.20 gives padded
    rows other results then, whether its operator takes the mask as keys or as what is added.
    """
    graph = Graph(model)
    matches = attentions(graph)
    if not matches:
        return 0
    shapes = probe(model, [name for match in matches for name in (match.heads, match.scores)])
    mask = ""
    changed = 0
    for match in matches:
        if match.heads not in shapes or match.scores not in shapes:
            continue
        queries = [value.shape[2] for value in shapes[match.heads]]
        if queries != [value.shape[3] for value in shapes[match.scores]]:
            continue
        mask = mask or graph.add("Cast", [MASK], "", to=TensorProto.INT32)
        fused = graph.add(
            "MultiHeadAttention",
            [match.query, match.key, match.value, "", mask],
            place_of(match.softmax),
            domain=MICROSOFT,
            num_heads=shapes[match.heads][0].shape[1],
            scale=match.scale,
            mask_filter_value=HIDDEN,
        )
        graph.replace(match.result, fused)
        changed += 1
    graph.close()
    return changed


def attentions(graph: Graph) -> list[Attention]:
    """Every attention whose mask only hides padding."""
    masks = set(padding_masks(graph))
    return [
        match
        for node in graph.nodes
        if node.op_type == "Softmax" and (match := matched(graph, node, masks))
    ]


def matched(graph: Graph, softmax: NodeProto, masks: set[str]) -> Attention | None:
    """The attention around a softmax; None where it is written in another way."""
    masked = graph.maker(softmax.input[0])
    if masked is None or masked.op_type != "Add" or not masks & set(masked.input):
        return None
    scaled = next((name for name in masked.input if name not in masks), "")
    product, scale = unscaled(graph, scaled)
    scores = graph.maker(product)
    weighted = only_reader(graph, softmax.output[0], "MatMul")
    if scores is None or scores.op_type != "MatMul" or weighted is None:
        return None
    query = joined(graph, scores.input[0], SPLIT)
    key = joined(graph, scores.input[1], SPLIT_TURNED)
    value = joined(graph, weighted.input[1], SPLIT)
    back = only_reader(graph, weighted.output[0], "Transpose")
    if back is None or attribute(back, "perm") != SPLIT:
        return None
    end = only_reader(graph, back.output[0], "Reshape")
    if not (query and key and value) or end is None:
        return None
    return Attention(
        softmax=softmax,
        query=query,
        key=key,
        value=value,
        heads=scores.input[0],
        scores=softmax.input[0],
        scale=scale,
        product=product,
        weighted=weighted.output[0],
        result=end.output[0],
    )


def unscaled(graph: Graph, name: str) -> tuple[str, float]:
    """The value that is multiplied or divided by a constant, and by how much; 1 where by none."""
    node = graph.maker(name)
    if node is not None and node.op_type in ("Mul", "Div"):
        for value, factor in (node.input, reversed(node.input)):
            number = graph.scalar(factor)
            if number and node.op_type == "Mul":
                return value, number
            if number and factor == node.input[1]:
                return value, 1 / number
    return name, 1.0


def only_reader(graph: Graph, name: str, operator: str) -> NodeProto | None:
    """The one node that reads a value, if it is of that operator."""
    readers = graph.readers(name)
    return readers[0] if [each.op_type for each in readers] == [operator] else None


def joined(graph: Graph, name: str, order: list[int]) -> str | None:
    """The value (rows, tokens, hidden) that is split into heads in that order of dimensions."""
    node = graph.maker(name)
    if node is None or node.op_type != "Transpose":
        return None
    found = attribute(node, "perm")
    if found == TURNED and order == SPLIT_TURNED:
        return joined(graph, node.input[0], SPLIT)
    split = graph.maker(node.input[0])
    if found != order or split is None or split.op_type != "Reshape":
        return None
    return str(split.input[0])
