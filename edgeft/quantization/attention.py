"""Attention whose two products are of integers.

Queries, keys and values become int8 by a scale that each call takes from what it is given, as the
inputs of other products do; keys and values are symmetric, which spares a correction. What a
softmax gives lies between 0 and 1, so its scale is known: 1/255 of unsigned 8 bits (Q8BERT, Zafrir
et al. 2019, quantizes the same products). That is too coarse for the small shares of long texts,
where nothing is gained either, and short ones are answered before their scales are known: both keep
their floats. A batch without padding adds no mask.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper

from edgeft.graphs.attention import (
    ADDED,
    BIAS,
    KEY,
    PADDING,
    QUERY,
    SPLIT,
    SPLIT_TURNED,
    VALUE,
    one_attention,
)
from edgeft.graphs.branches import branch
from edgeft.graphs.graph import Graph, attribute, place_of
from edgeft.graphs.mask import HIDDEN, is_whole

SHORTEST = 64
"""tokens from which integers are multiplied: fewer take as long to quantize as they save"""
LONGEST = 128
"""tokens up to which integers are multiplied: shares of 1/510 and less become 0"""
LEAST = 1e-12
"""the least absolute maximum of a scale: values that are all 0 stay 0"""


@dataclass(frozen=True)
class Operator:
    """One MultiHeadAttention, alone or in both branches of an If."""

    node: NodeProto
    """what is replaced"""
    inputs: tuple[str, str, str]
    """query, key and value, each (rows, tokens, hidden)"""
    heads: int
    scale: float
    padding: str
    """1 for each token that is read (rows, tokens), int32; empty where all are"""


def quantize_attention(
    model: onnx.ModelProto, *, bits: int, beside: Iterable[str] | None = None
) -> int:
    """Let every attention multiply integers, keys and values of so many bits; returns how many do.

    Attention that is written out becomes one operator first. One with a mask that does more than
    to hide padding stays as it is, and so does one in which fewer tokens ask than answer. `beside`
    are names of nodes that become integers: attention of a module that has none of them stays, too.
    """
    integers = None if beside is None else tuple(beside)
    one_attention(model)
    graph = Graph(model)
    found = [
        each
        for node in graph.nodes
        if (each := operator_of(node)) is not None
        and (integers is None or any(name.startswith(f"{place_of(node)}/") for name in integers))
    ]
    asked: dict[str, Asked] = {}
    for each in found:
        if each.padding not in asked:
            asked[each.padding] = ask(graph, each)
        replace(graph, each, asked[each.padding], 2 ** (bits - 1) - 1)
    graph.close()
    return len(found)


def operator_of(node: NodeProto) -> Operator | None:
    """The attention that a node is; None for any other."""
    inner = node
    if node.op_type == "If":
        branches = [each.g.node for each in node.attribute]
        if any([each.op_type for each in branch] != ["MultiHeadAttention"] for branch in branches):
            return None
        inner = max((branch[0] for branch in branches), key=lambda each: len(each.input))
    given = [*inner.input, *[""] * (ADDED + 1 - len(inner.input))]
    scale = attribute(inner, "scale")
    if inner.op_type != "MultiHeadAttention" or scale is None:
        return None
    if given[BIAS] or any(given[ADDED:]) or attribute(inner, "unidirectional"):
        return None
    return Operator(
        node=node,
        inputs=(given[QUERY], given[KEY], given[VALUE]),
        heads=attribute(inner, "num_heads"),
        scale=scale,
        padding=given[PADDING],
    )


@dataclass(frozen=True)
class Asked:
    """What is asked of a batch once, for all attentions that hide the same padding."""

    is_worth_it: str
    """a boolean: whether texts have SHORTEST to LONGEST tokens"""
    is_whole: str
    """a boolean: whether no token is padding; empty where none can be"""
    added: str
    """what is added to scores (rows, 1, 1, tokens)"""


def ask(graph: Graph, operator: Operator) -> Asked:
    """Write what is asked of a batch, named after no layer."""
    query, padding, place = operator.inputs[0], operator.padding, "/attention"
    tokens = graph.add("Shape", [query], place, start=1, end=2)
    limits = [
        graph.add_weight(f"attention.{name}", np.array(limit, np.int64))
        for name, limit in (("shortest", SHORTEST), ("longest", LONGEST))
    ]
    is_worth_it = graph.add("Equal", [tokens, graph.add("Clip", [tokens, *limits], place)], place)
    if not padding:
        return Asked(is_worth_it, "", "")
    read = graph.add("Cast", [padding], place, to=TensorProto.FLOAT)
    one = graph.add_weight("attention.read", np.array(1, np.float32))
    hidden = graph.add_weight("attention.hidden", np.array(-HIDDEN, np.float32))
    axes = graph.add_weight("attention.axes", np.array([1, 2], np.int64))
    lowered = graph.add("Mul", [graph.add("Sub", [read, one], place), hidden], place)
    return Asked(
        is_worth_it,
        is_whole=is_whole(graph, padding, place),
        added=graph.add("Unsqueeze", [lowered, axes], place),
    )


def replace(graph: Graph, operator: Operator, asked: Asked, largest: int) -> None:
    """Let products of integers answer where they are worth it, and the operator elsewhere."""
    node = operator.node
    graph.nodes.remove(node)
    place = place_of(node)
    before = len(graph.nodes)
    result = in_integers(graph, operator, asked, largest)
    integers = graph.nodes[before:]
    del graph.nodes[before:]
    output = node.output[0]
    node.output[0] = graph.free(f"{output}/floats")
    graph.nodes.append(
        helper.make_node(
            "If",
            [asked.is_worth_it],
            [output],
            graph.free(f"{place}/If"),
            then_branch=branch(f"{place}/integers", integers, result),
            else_branch=branch(f"{place}/floats", [node], node.output[0]),
        )
    )


def in_integers(graph: Graph, operator: Operator, asked: Asked, largest: int) -> str:
    """Write one attention as products of integers; returns its result."""
    integers = Integers(graph, place_of(operator.node), operator.heads, largest)
    place = integers.place
    query, key, value = operator.inputs
    queries, queries_scale, zero = graph.add_node("DynamicQuantizeLinear", [query], place, 3)
    keys, keys_scale = integers.signed(key)
    values, values_scale = integers.signed(value)
    scores = integers.product(
        [integers.split(queries, SPLIT), integers.split(keys, SPLIT_TURNED), zero],
        graph.add("Mul", [queries_scale, keys_scale], place),
        integers.number("scale", operator.scale),
    )
    share = integers.number("share", 1 / 255)
    nothing = graph.add_weight(f"{place}/nothing", np.array(0, np.uint8))
    shares = softmax(graph, scores, asked, place)
    attended = graph.add("QuantizeLinear", [shares, share, nothing], place)
    weighted = integers.product([attended, integers.split(values, SPLIT)], values_scale, share)
    back = graph.add("Transpose", [weighted], place, perm=SPLIT)
    whole = graph.add_weight(f"{place}/hidden", np.array([0, 0, -1], np.int64))
    return graph.add("Reshape", [back, whole], place)


@dataclass(frozen=True)
class Integers:
    """Writes the parts of one attention into a graph."""

    graph: Graph
    place: str
    """the module that the nodes are named after"""
    heads: int
    largest: int
    """of signed values"""

    def number(self, name: str, value: float) -> str:
        """A constant of one float32."""
        return self.graph.add_weight(f"{self.place}/{name}", np.array(value, np.float32))

    def split(self, value: str, order: list[int]) -> str:
        """The value (rows, tokens, hidden) parted into heads, its four dimensions in an order."""
        parted = np.array([0, 0, self.heads, -1], np.int64)
        shape = self.graph.add_weight(f"{self.place}/heads", parted)
        shaped = self.graph.add("Reshape", [value, shape], self.place)
        return self.graph.add("Transpose", [shaped], self.place, perm=order)

    def signed(self, value: str) -> tuple[str, str]:
        """The value in int8, from -largest to largest, and its scale."""
        graph, place = self.graph, self.place
        low = graph.add("Neg", [graph.add("ReduceMin", [value], place, keepdims=0)], place)
        high = graph.add("ReduceMax", [value], place, keepdims=0)
        most = graph.add("Max", [low, high, self.number("least", LEAST)], place)
        scale = graph.add("Mul", [most, self.number("step", 1 / self.largest)], place)
        zero = graph.add_weight(f"{place}/zero", np.array(0, np.int8))
        return graph.add("QuantizeLinear", [value, scale, zero], place), scale

    def product(self, inputs: list[str], one: str, other: str) -> str:
        """A product of integers times both scales, written as onnxruntime makes one of it."""
        summed = self.graph.add("MatMulInteger", inputs, self.place)
        exact = self.graph.add("Cast", [summed], self.place, to=TensorProto.FLOAT)
        scale = self.graph.add("Mul", [one, other], self.place)
        return self.graph.add("Mul", [exact, scale], self.place)


def softmax(graph: Graph, scores: str, asked: Asked, place: str) -> str:
    """The softmax of scores (rows, heads, tokens, tokens), lowered where texts are padded."""
    if not asked.is_whole:
        return graph.add("Softmax", [scores], place, axis=-1)
    whole, padded, lowered = (graph.free(f"{place}/{name}") for name in ("whole", "padded", "low"))
    plain = helper.make_node("Softmax", [scores], [whole], axis=-1)
    add = helper.make_node("Add", [scores, asked.added], [lowered])
    after = helper.make_node("Softmax", [lowered], [padded], axis=-1)
    return graph.add(
        "If",
        [asked.is_whole],
        place,
        then_branch=branch(whole, [plain], whole),
        else_branch=branch(padded, [add, after], padded),
    )
