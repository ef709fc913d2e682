"""Dynamic quantization: signed int8 weights, activations scaled as they come."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from edgeft_quantize.ladder import Rung
from edgeft_quantize.nodes import PRODUCTS
from edgeft_quantize.tables import quantize_tables

KIND = "int8-dynamic"
ZERO_POINT = 3
"""the place among the inputs of MatMulInteger of what is taken off the weights"""


def quantize_graph(source: Path, target: Path, rung: Rung) -> str:
    """Write the graph at `source` with the rung's nodes in int8; returns the variant's kind.

    Weights are signed: with unsigned ones onnxruntime's kernels are nearly half as fast.
    """
    model = onnx.load(source)
    operators = {node.name: node.op_type for node in model.graph.node}
    products = [name for name in rung.nodes if operators[name] in PRODUCTS]
    quantize_tables(model, set(rung.nodes), rung.tables)
    if not products:
        onnx.save(model, target)
        return KIND
    split = [f"{name}_MatMul" for name in products]  # what onnxruntime makes of a Gemm
    with quiet():
        quantize_dynamic(
            model,
            target,
            op_types_to_quantize=list(PRODUCTS),
            per_channel=rung.per_channel,
            reduce_range=rung.reduce_range,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=[*products, *split],
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    drop_zero_points(target)
    return KIND


def drop_zero_points(path: Path) -> None:
    """Take zeros away that the weights' products would be corrected by, in place.

    Signed weights are symmetric. With a zero for each channel onnxruntime still computes the
    correction: 4 to 6 % of a small model's time.
    """
    model = onnx.load(path)
    graph = model.graph
    weights = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            zero_point = numpy_helper.to_array(weights[node.input[ZERO_POINT]])
            if not zero_point.any():
                del node.input[ZERO_POINT]
    used = {name for node in graph.node for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    onnx.save(model, path)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep onnxruntime's advice to pre-process, which the root logger prints, from the user."""
    logger = logging.getLogger()
    logger.addFilter(is_no_advice)
    try:
        yield
    finally:
        logger.removeFilter(is_no_advice)


def is_no_advice(record: logging.LogRecord) -> bool:
    """Whether a log record is none of the advice."""
    return "pre-processing before quantization" not in record.getMessage()
