"""Static quantization: U8S8 QDQ, with the ranges of activations taken from training texts.

Only products with a weight and embeddings become int8. LayerNorm, GELU, softmax, residual adds
and the products inside attention stay float32: quantized, they cost a published token classifier
nine tenths of its F1.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from edgeft.graphs.branches import put_in_order
from edgeft.quantization.dynamic import quiet
from edgeft.quantization.moments import Feed
from edgeft.quantization.nodes import PRODUCTS
from edgeft.quantization.tables import quantize_tables
from edgeft_quantize.ladder import Rung
from edgeft_quantize.tokens import Tokens

KIND = "int8-static"


class Feeds(CalibrationDataReader):
    """Hands out feeds one by one."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self.remaining = iter(feeds)

    def get_next(self) -> Feed | None:
        """The next feed, or None."""
        return next(self.remaining, None)


def quantize_graph(
    source: Path, target: Path, rung: Rung, *, feeds: Sequence[Feed], tokens: Tokens
) -> str:
    """Write the graph at `source` with the rung's nodes in int8; returns the variant's kind."""
    model = onnx.load(source)
    operators = {node.name: node.op_type for node in model.graph.node}
    products = [name for name in rung.nodes if operators[name] in PRODUCTS]
    quantize_tables(model, set(rung.nodes), rung.tables, tokens.of(rung))
    say_type_of_inputs(model.graph, set(products))
    onnx.save(model, target)
    if not products:
        return KIND
    options: dict[str, Any] = {"OpTypesToExcludeOutputQuantization": list(PRODUCTS)}
    with quiet():
        quantize_static(
            target,
            target,
            Feeds(feeds),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(PRODUCTS),
            per_channel=rung.per_channel,
            reduce_range=rung.reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=products,
            extra_options=options,
        )
    model = onnx.load(target)
    feed_products_alone(model.graph, set(products))
    put_in_order(model.graph)
    onnx.save(model, target)
    return KIND


def say_type_of_inputs(graph: onnx.GraphProto, products: set[str]) -> None:
    """Say of the activations that the products of these names read that they are floats.

    Where onnxruntime's quantizer cannot infer that, it passes over the activation, and then fails
    at the product's bias.
    """
    read = dict.fromkeys(node.input[0] for node in graph.node if node.name in products)
    for known in (*graph.value_info, *graph.input, *graph.output, *graph.initializer):
        read.pop(known.name, None)
    graph.value_info.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in read
    )


def feed_products_alone(graph: onnx.GraphProto, products: set[str]) -> None:
    """Let what reads an activation beside the products of these names read it unrounded.

    onnxruntime's quantizer hands the rounded one to all that read it, residual adds among them.
    """
    rounded = {
        node.output[0]: node.input[0] for node in graph.node if node.op_type == "QuantizeLinear"
    }
    floats = {
        node.output[0]: rounded[node.input[0]]
        for node in graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in rounded
    }
    for node in graph.node:
        if node.name not in products:
            for place, name in enumerate(node.input):
                node.input[place] = floats.get(name, name)
