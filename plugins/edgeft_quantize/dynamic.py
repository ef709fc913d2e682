"""Dynamic quantization: signed int8 weights, activations scaled as they come."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from edgeft_quantize.ladder import Rung
from edgeft_quantize.nodes import PRODUCTS, TABLE

KIND = "int8-dynamic"


def quantize_graph(source: Path, target: Path, rung: Rung) -> str:
    """Write the graph at `source` with the rung's nodes in int8; returns the variant's kind.

    Weights are signed: with unsigned ones onnxruntime's kernels are nearly half as fast.
    """
    split = [f"{name}_MatMul" for name in rung.nodes]  # what onnxruntime makes of a Gemm
    with quiet():
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=[*PRODUCTS, TABLE],
            per_channel=rung.per_channel,
            reduce_range=rung.reduce_range,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=[*rung.nodes, *split],
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    return KIND


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
