"""Which nodes of a graph hold weights that can become int8, and what part of the model each is."""

import re
from dataclasses import dataclass
from pathlib import Path

import onnx

from edgeft.quantization.rows import FEWEST

PRODUCTS = ("MatMul", "Gemm")
TABLE = "Gather"
TOKENS = "input_ids"
"""what is looked up in a table of tokens"""
IN_A_LAYER = re.compile(r"(^|\.)\d+(\.|$)")


@dataclass(frozen=True)
class WeightNode:
    """A node that multiplies by a weight, or looks up in one."""

    name: str
    """/bert/encoder/layer.0/output/dense/MatMul"""
    operator: str
    rows: int
    """inputs of a product, entries of a table"""
    columns: int
    """outputs of a product, width of a table"""
    weight: str = ""
    """name of the weight in the graph"""
    reads: str = ""
    """what it multiplies or looks up: the name of another value of the graph"""
    turned: bool = False
    """whether the graph holds the weight of a product as (columns, rows)"""

    @property
    def module(self) -> str:
        """The module it belongs to: bert.encoder.layer.0.output.dense."""
        return self.name.strip("/").rpartition("/")[0].replace("/", ".")

    @property
    def layer(self) -> str:
        """The layer it belongs to, bert.encoder.layer.0; its module where that is in none."""
        found = IN_A_LAYER.search(self.module)
        return self.module[: found.end()].rstrip(".") if found else self.module

    @property
    def is_table(self) -> bool:
        """Whether it is an embedding."""
        return self.operator == TABLE

    @property
    def is_outside_layers(self) -> bool:
        """Whether it is part of what comes before or after the layers: a head, a pooler."""
        return not self.is_table and not IN_A_LAYER.search(self.module)

    @property
    def narrows(self) -> bool:
        """Whether it gives fewer values than it takes, as the second half of a feed-forward does.

        What it takes are activations with the largest outliers (Bondarenko et al. 2021).
        """
        return not self.is_table and not self.is_outside_layers and self.rows > self.columns


def weight_nodes(path: Path) -> list[WeightNode]:
    """Every node with a float32 weight matrix worth quantizing, in the order of the graph."""
    graph = onnx.load(path).graph
    shapes = {
        weight.name: list(weight.dims)
        for weight in graph.initializer
        if weight.data_type == onnx.TensorProto.FLOAT and len(weight.dims) == 2
    }
    found = []
    for node in graph.node:
        place = 0 if node.op_type == TABLE else 1
        if node.op_type not in (*PRODUCTS, TABLE) or node.input[place] not in shapes:
            continue
        rows, columns = shapes[node.input[place]]
        of_columns = any(each.name == "axis" and each.i for each in node.attribute)
        if node.op_type == TABLE and (of_columns or rows < FEWEST):
            continue
        if any(each.name == "transA" and each.i for each in node.attribute):
            continue  # which onnxruntime leaves in float
        turned = any(each.name == "transB" and each.i for each in node.attribute)
        if turned:
            rows, columns = columns, rows
        weight, reads = node.input[place], node.input[1 - place]
        found.append(WeightNode(node.name, node.op_type, rows, columns, weight, reads, turned))
    return found
