"""Weights of integer products with four bits in the file, of which int8 is made when it is opened.

Standard operators make int8 of what the file holds. All they read is constant, so onnxruntime
computes them once, while it opens a session: answers take as long as with int8 in the file. What
each of them gives stays in memory until the session is open. So none may give more than a byte a
weight, and only QLinearConv multiplies such: Mul takes int8 in the latest releases alone, and
onnxruntime's own QLinearMul is not computed beforehand.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from edgeft.onnxfile import W4 as W4
from edgeft.onnxfile import smaller_forms
from edgeft.quantization.gptq import FourBits

QUANTIZED, INTEGERS, SCALE = "_quantized", "_integers", "_scale"
"""ends of the names of what takes a weight's place: its steps, two a byte; integers; scales"""
FOUR, ONE, ZERO, EIGHT = (f"edgeft_{name}" for name in ("four", "one", "zero", "eight"))
NUMBERS = {
    FOUR: np.array(4, np.uint8),
    ONE: np.array(1, np.float32),
    ZERO: np.array(0, np.int8),
    EIGHT: np.array(8, np.int8),
}
"""what all weights are unpacked by"""


def pack_weights(model: onnx.ModelProto, weights: Mapping[str, FourBits]) -> None:
    """Let products multiply by these weights, in place, which are called as in the float graph.

    The model is what onnxruntime's quantizer writes, with a scale for each output.
    """
    graph = model.graph
    kept = {each.name: each for each in graph.initializer}
    readers = {node.input[1]: node for node in graph.node if node.op_type == "MatMulInteger"}
    added: list[NodeProto] = []
    renamed: dict[str, str] = {}
    for name, found in weights.items():
        product = readers.get(f"{name}{QUANTIZED}")
        if product is None:  # which onnxruntime left in float, as it does a Gemm with factors
            continue
        kept |= {each.name: each for each in held(name, found)}
        added += unpacking(name, product.name, found.integers.size)
        renamed[f"{name}{QUANTIZED}"] = f"{name}_int8"
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            node.input[1] = renamed.get(node.input[1], node.input[1])
    nodes = [*added, *graph.node]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept.values())
    if added:
        graph.initializer.extend(
            numpy_helper.from_array(value, name) for name, value in NUMBERS.items()
        )


def held(name: str, found: FourBits) -> Iterator[TensorProto]:
    """What the file holds of a weight.

    Steps are (1, outputs * groups, group / 2): the first half of a group's inputs in the low bits
    of a byte, the second half in the high ones, both plus 8. Integers are (outputs * groups, 1, 1).
    """
    inputs, outputs = found.steps.shape
    groups = outputs * len(found.integers)
    raised = (found.steps.T.reshape(1, groups, -1) + 8).astype(np.uint8)
    half = raised.shape[2] // 2
    packed = raised[..., :half] | (raised[..., half:] << 4)
    integers = found.integers.T.reshape(groups, 1, 1)
    yield numpy_helper.from_array(packed, f"{name}{QUANTIZED}")
    yield numpy_helper.from_array(integers, f"{name}{INTEGERS}")
    yield numpy_helper.from_array(found.scales, f"{name}{SCALE}")
    yield numpy_helper.from_array(np.array([outputs, inputs], np.int64), f"{name}_shape")


def unpacking(name: str, product: str, groups: int) -> Iterator[NodeProto]:
    """Nodes that make int8 (inputs, outputs) of what the file holds of a product's weight.

    Each group is a channel of a convolution whose kernel is the group's integer.
    """

    def node(operator: str, *inputs: str, into: str, **attributes: Any) -> NodeProto:
        return helper.make_node(
            operator, inputs, [f"{name}_{into}"], name=f"{product}_{into}", **attributes
        )

    steps, integers = f"{name}{QUANTIZED}", f"{name}{INTEGERS}"
    yield node("BitShift", steps, FOUR, into="raised", direction="LEFT")
    yield node("BitShift", f"{name}_raised", FOUR, into="low", direction="RIGHT")
    yield node("BitShift", steps, FOUR, into="high", direction="RIGHT")
    yield node("Concat", f"{name}_low", f"{name}_high", into="bits", axis=2)
    yield node("Cast", f"{name}_bits", into="signed", to=TensorProto.INT8)
    factors = (f"{name}_signed", ONE, EIGHT, integers, ONE, ZERO)  # each: scale and zero point
    yield node("QLinearConv", *factors, ONE, ZERO, into="products", group=groups, kernel_shape=[1])
    yield node("Reshape", f"{name}_products", f"{name}_shape", into="turned")
    yield node("Transpose", f"{name}_turned", into="int8", perm=[1, 0])


def forms_of(graph: onnx.GraphProto) -> list[str]:
    """What tables and weights of a graph are called that have less than a byte each: int4, w4."""
    return smaller_forms({each.name: each.dims for each in graph.initializer})


def integer_weights(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """The int8 weights of a graph, as its products read them, by the names of what they read."""
    held = {each.name: each for each in graph.initializer}
    found = {
        name: numpy_helper.to_array(each)
        for name, each in held.items()
        if each.data_type == TensorProto.INT8 and name not in NUMBERS
    }
    for name in [each for each in found if each.endswith(INTEGERS)]:
        weight = name.removesuffix(INTEGERS)
        packed = numpy_helper.to_array(held[f"{weight}{QUANTIZED}"])
        shape = numpy_helper.to_array(held[f"{weight}_shape"])
        bits = np.concatenate([packed & 0x0F, packed >> 4], axis=2)
        steps = bits[0].astype(np.int8) - 8
        found[f"{weight}_int8"] = (steps * found.pop(name)[..., 0]).reshape(shape).T
    return found
