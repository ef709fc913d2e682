"""Sums that overflow on x86 processors without VNNI, counted without one.

There, onnxruntime's kernels multiply unsigned 8-bit activations by signed 8-bit weights with
vpmaddubsw: products of neighbours along the summed axis are added in pairs, in 16 bits that
saturate (onnxruntime#5849). Here the same pairs are added in 32 bits, on real activations.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx

from edgeft.gates import GateResult
from edgeft.quantization.moments import Feed
from edgeft.quantization.nodes import PRODUCTS
from edgeft.quantization.packing import integer_weights
from edgeft.runtime.session import open_session
from edgeft_quantize.job import Job
from edgeft_quantize.ladder import Rung

LOWEST, HIGHEST = -(2**15), 2**15 - 1
"""what 16 bits hold"""
TEXTS = 32
"""validation texts on which sums are counted"""
SHOWN = 3
"""most operators that are named"""


@dataclass(frozen=True)
class Product:
    """A product of integers: which activations it takes, and its weights."""

    name: str
    activations: str
    """name of the uint8 tensor (..., inputs)"""
    weights: np.ndarray
    """int8 (inputs, outputs)"""


@dataclass(frozen=True)
class Saturation:
    """How many sums of two products do not fit into 16 bits."""

    pairs: int
    saturated: int
    by_product: dict[str, int]
    """how many saturate in each product that has any"""

    def figures(self) -> dict[str, Any]:
        """What the history keeps of it, the worst operators named."""
        worst = sorted(self.by_product.items(), key=lambda each: -each[1])[:SHOWN]
        return {"pairs": self.pairs, "saturated": self.saturated, "worst": dict(worst)}


def saturation(path: Path, feeds: Sequence[Feed]) -> Saturation:
    """Count the pairs that saturate in every product of a quantized graph on these texts."""
    model = onnx.load(path)
    products = list(integer_products(model.graph))
    if not products:
        return Saturation(0, 0, {})
    outputs = list(dict.fromkeys(each.activations for each in products))
    probe = path.with_name(f"{path.stem}.probe.onnx")
    del model.graph.output[:]
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, None) for name in outputs
    )
    onnx.save(model, probe)
    try:
        session = open_session(probe, "cpu", 1)
    finally:
        probe.unlink()
    pairs = 0
    saturated: dict[str, int] = {}
    for feed in feeds:
        activations = dict(zip(outputs, session.run(outputs, feed), strict=True))
        for product in products:
            values = activations[product.activations].reshape(-1, len(product.weights))
            rows, inputs = values.shape
            pairs += rows * -(-inputs // 2) * product.weights.shape[1]
            if count := saturated_pairs(values, product.weights):
                saturated[product.name] = saturated.get(product.name, 0) + count
    return Saturation(pairs, sum(saturated.values()), saturated)


def refuse_saturation(job: Job, rung: Rung, gate: GateResult, figure: str = "saturation") -> None:
    """Fail the gate where sums of the graph saturate.

    The history keeps how many do with 7 bits and with 8, under `figure`.
    """
    feeds = job.feeds(TEXTS)
    with TemporaryDirectory(dir=job.draft.path) as work:
        other = Path(work) / "model.onnx"
        job.quantize_graph(job.source, other, replace(rung, reduce_range=not rung.reduce_range))
        found = {
            rung.reduce_range: saturation(job.target, feeds),
            not rung.reduce_range: saturation(other, feeds),
        }
    job.draft.figures[figure] = {
        "texts": len(feeds),
        "reduced_range": found[True].figures(),
        "full_range": found[False].figures(),
    }
    made = found[rung.reduce_range]
    if made.saturated:
        gate.passed = False
        gate.note += f"; {made.saturated:,} of {made.pairs:,} sums of two products saturate"


def saturated_pairs(activations: np.ndarray, weights: np.ndarray) -> int:
    """How many pairs of products, uint8 (rows, inputs) by int8 (inputs, outputs), leave 16 bits.

    Inputs 0 and 1 make a pair, 2 and 3 the next. Only weights that could do it with the largest
    activations of their inputs are looked at: few, and none where weights have 7 bits.
    """
    even, odd = (weights[start::2].astype(np.int32) for start in (0, 1))  # (pairs, outputs)
    values = activations.astype(np.int32)
    if len(odd) < len(even):  # the last has no neighbour
        odd = np.pad(odd, ((0, 1), (0, 0)))
        values = np.pad(values, ((0, 0), (0, 1)))
    left, right = values[:, 0::2], values[:, 1::2]  # (rows, pairs)
    most = left.max(axis=0)[:, None], right.max(axis=0)[:, None]
    highest = most[0] * even.clip(min=0) + most[1] * odd.clip(min=0)
    lowest = most[0] * even.clip(max=0) + most[1] * odd.clip(max=0)
    pair, output = np.nonzero((highest > HIGHEST) | (lowest < LOWEST))
    sums = left[:, pair] * even[pair, output] + right[:, pair] * odd[pair, output]
    return int(((sums > HIGHEST) | (sums < LOWEST)).sum())


def integer_products(graph: onnx.GraphProto) -> Iterator[Product]:
    """The products with int8 weights, written as MatMulInteger or between (De)QuantizeLinear."""
    weights = integer_weights(graph)
    unscaled = {
        node.output[0]: node.input[0] for node in graph.node if node.op_type == "DequantizeLinear"
    }
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            left, right = node.input[:2]
        elif node.op_type in PRODUCTS:
            left, right = (unscaled.get(name, "") for name in node.input[:2])
        else:
            continue
        if left and right in weights:
            turned = any(each.name == "transB" and each.i for each in node.attribute)
            yield Product(node.name, left, weights[right].T if turned else weights[right])
