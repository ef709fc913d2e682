"""Static quantization: U8S8 QDQ, with the ranges of activations taken from training texts.

Only products with a weight and embeddings become int8. LayerNorm, GELU, softmax, residual adds
and the products inside attention stay float32: quantized, they cost a published token classifier
nine tenths of its F1.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from edgeft.gates.texts import spread
from edgeft.plugin import Bundle, Dataset
from edgeft.runtime.manifest import read_manifest
from edgeft.runtime.tokenization import FrozenTokenizer
from edgeft_quantize import dynamic
from edgeft_quantize.ladder import Rung
from edgeft_quantize.nodes import PRODUCTS, weight_nodes

KIND = "int8-static"

Feed = dict[str, np.ndarray]


class Feeds(CalibrationDataReader):
    """Hands out feeds one by one."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self.remaining = iter(feeds)

    def get_next(self) -> Feed | None:
        """The next feed, or None."""
        return next(self.remaining, None)


def calibration_feeds(bundle: Bundle, data: Dataset, count: int, *, seed: int) -> list[Feed]:
    """Training texts as the runtime feeds them, each alone: padding shifts no range."""
    tokenizer = FrozenTokenizer(read_manifest(bundle.path), bundle.path / "tokenizer.json")
    texts = spread(data, "train", count, seed=seed)
    return [tokenizer.feed([row]) for row in tokenizer.encode(texts)]


def quantize_graph(source: Path, target: Path, rung: Rung, *, feeds: Sequence[Feed]) -> str:
    """Write the graph at `source` with the rung's nodes in int8; returns the variant's kind."""
    operators = {node.name: node.operator for node in weight_nodes(source)}
    tables = tuple(name for name in rung.nodes if operators[name] not in PRODUCTS)
    products = [name for name in rung.nodes if operators[name] in PRODUCTS]
    if tables:  # a table has no activations: its int8 rows are looked up and then scaled
        dynamic.quantize_graph(source, target, Rung(rung.name, False, rung.reduce_range, tables))
    if not products:
        return KIND
    options: dict[str, Any] = {"OpTypesToExcludeOutputQuantization": list(PRODUCTS)}
    with dynamic.quiet():
        quantize_static(
            target if tables else source,
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
    return KIND
