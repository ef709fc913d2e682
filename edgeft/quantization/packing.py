"""Weights of integer products with four bits in the file, of which int8 is made when it is opened.

Standard operators make int8 of what the file holds. All they read is constant, so onnxruntime
computes them once, while it opens a session: answers take as long as with int8 in the file. Of its
own operators it computes few beforehand (not QLinearMul), and of the standard ones that multiply
its older releases have none for int8: hence int32 on the way.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from edgeft.quantization.gptq import FourBits

QUANTIZED, INTEGERS, SCALE = "_quantized", "_integers", "_scale"
"""ends of the names of what takes a weight's place: its steps, two a byte; integers; scales"""
FOUR, EIGHT = "edgeft_four", "edgeft_eight"
"""names of the numbers that all weights are unpacked by"""


def pack_weights(model: onnx.ModelProto, weights: Mapping[str, FourBits]) -> None:
    """Let products multiply by these weights, in place, which are called as in the float graph.

    The model is what onnxruntime's quantizer writes, with a scale for each output.
    """
    graph = model.graph
    kept = {each.name: each for each in graph.initializer}
    readers = {node.input[1]: node for node in graph.node if node.op_type == "MatMulInteger"}
    added: list[NodeProto] = []
    for name, found in weights.items():
        product = readers[f"{name}{QUANTIZED}"]
        kept |= {each.name: each for each in held(name, found)}
        added += unpacking(name, product.name)
    renamed = {f"{name}{QUANTIZED}": f"{name}_int8" for name in weights}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            node.input[1] = renamed.get(node.input[1], node.input[1])
    nodes = [*added, *graph.node]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept.values())
    if added:
        graph.initializer.extend(
            [
                numpy_helper.from_array(np.array(4, np.uint8), FOUR),
                numpy_helper.from_array(np.array(8, np.int32), EIGHT),
            ]
        )


def held(name: str, found: FourBits) -> Iterator[TensorProto]:
    """What the file holds of a weight.

    Steps are (groups, group / 2, outputs): the first half of a group's inputs in the low bits of a
    byte, the second half in the high ones, both plus 8.
    """
    inputs, outputs = found.steps.shape
    groups = len(found.integers)
    raised = (found.steps.reshape(groups, -1, outputs) + 8).astype(np.uint8)
    half = raised.shape[1] // 2
    packed = raised[:, :half] | (raised[:, half:] << 4)
    yield numpy_helper.from_array(packed, f"{name}{QUANTIZED}")
    yield numpy_helper.from_array(found.integers, f"{name}{INTEGERS}")
    yield numpy_helper.from_array(found.scales, f"{name}{SCALE}")
    yield numpy_helper.from_array(np.array([inputs, outputs], np.int64), f"{name}_shape")


def unpacking(name: str, product: str) -> Iterator[NodeProto]:
    """Nodes that make int8 (inputs, outputs) of what the file holds of a product's weight."""

    def node(operator: str, *inputs: str, into: str, **attributes: object) -> NodeProto:
        return helper.make_node(
            operator, inputs, [f"{name}_{into}"], name=f"{product}_{into}", **attributes
        )

    steps, integers = f"{name}{QUANTIZED}", f"{name}{INTEGERS}"
    yield node("BitShift", steps, FOUR, into="raised", direction="LEFT")
    yield node("BitShift", f"{name}_raised", FOUR, into="low", direction="RIGHT")
    yield node("BitShift", steps, FOUR, into="high", direction="RIGHT")
    yield node("Concat", f"{name}_low", f"{name}_high", into="bits", axis=1)
    yield node("Cast", f"{name}_bits", into="numbers", to=TensorProto.INT32)
    yield node("Sub", f"{name}_numbers", EIGHT, into="steps")
    yield node("Cast", integers, into="multipliers", to=TensorProto.INT32)
    yield node("Mul", f"{name}_steps", f"{name}_multipliers", into="products")
    yield node("Cast", f"{name}_products", into="narrow", to=TensorProto.INT8)
    yield node("Reshape", f"{name}_narrow", f"{name}_shape", into="int8")


def integer_weights(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """The int8 weights of a graph, as its products read them, by the names of what they read."""
    held = {each.name: each for each in graph.initializer}
    found = {
        name: numpy_helper.to_array(each)
        for name, each in held.items()
        if each.data_type == TensorProto.INT8 and not name.endswith(INTEGERS)
    }
    for name in held:
        weight = name.removesuffix(INTEGERS)
        if name != weight:
            packed = numpy_helper.to_array(held[f"{weight}{QUANTIZED}"])
            shape = numpy_helper.to_array(held[f"{weight}_shape"])
            bits = np.concatenate([packed & 0x0F, packed >> 4], axis=1)
            steps = bits.astype(np.int8) - 8
            found[f"{weight}_int8"] = (steps * numpy_helper.to_array(held[name])).reshape(shape)
    return found
