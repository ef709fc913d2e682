"""Dynamic quantization: signed int8 weights, activations scaled as they come."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from edgeft.errors import ModelError
from edgeft.graphs.branches import put_in_order, read_by
from edgeft.quantization.attention import quantize_attention
from edgeft.quantization.gptq import FourBits
from edgeft.quantization.nodes import PRODUCTS
from edgeft.quantization.packing import pack_weights
from edgeft.quantization.tables import quantize_tables

ZERO_POINT = 3
"""the place among the inputs of MatMulInteger of what is taken off the weights"""


def quantize_weights(
    source: Path,
    target: Path,
    names: Iterable[str],
    *,
    per_channel: bool,
    reduce_range: bool,
    tables: str = "int8",
    counts: np.ndarray | None = None,
    four_bits: Mapping[str, FourBits] | None = None,
    attention_bits: int = 0,
) -> None:
    """Write the graph at `source` with the nodes of these names in int8, tables as `tables` says.

    Weights are signed: with unsigned ones onnxruntime's kernels are nearly half as fast. Those in
    `four_bits`, by name, have four bits in the file, and need `per_channel`. Tables in codes ask
    how often texts have each token, `counts` (token ids,). With `attention_bits` (8, or 7 where
    sums of two products must fit into 16 bits) attention multiplies integers, too; raises
    ModelError where there is none that could.
    """
    model = onnx.load(source)
    chosen = set(names)
    products = [
        node.name for node in model.graph.node if node.name in chosen and node.op_type in PRODUCTS
    ]
    quantize_tables(model, chosen, tables, counts)
    if products:
        split = [f"{name}_MatMul" for name in products]  # what onnxruntime makes of a Gemm
        with quiet():
            quantize_dynamic(
                model,
                target,
                op_types_to_quantize=list(PRODUCTS),
                per_channel=per_channel,
                reduce_range=reduce_range,
                weight_type=QuantType.QInt8,
                nodes_to_quantize=[*products, *split],
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )
        model = onnx.load(target)
        put_in_order(model.graph)
        drop_zero_points(model)
        if four_bits:
            pack_weights(model, four_bits)
    if attention_bits and not quantize_attention(model, bits=attention_bits, beside=products):
        raise ModelError(
            "quantize dynamic: no attention of this graph can multiply integers",
            hint="leave out attention: int8, which knows attention that hides padding alone",
        )
    onnx.save(model, target)


def drop_zero_points(model: onnx.ModelProto) -> None:
    """Take zeros away that the weights' products would be corrected by.

    Signed weights are symmetric. With a zero for each channel onnxruntime still computes the
    correction: 4 to 6 % of a small model's time.
    """
    graph = model.graph
    weights = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            zero_point = numpy_helper.to_array(weights[node.input[ZERO_POINT]])
            if not zero_point.any():
                del node.input[ZERO_POINT]
    used = {name for node in graph.node for name in read_by(node)}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


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
