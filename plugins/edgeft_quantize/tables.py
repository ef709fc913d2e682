"""Embedding tables as integers: the rows that a text needs are looked up, then scaled.

Standard operators only, so that every onnxruntime runs them, in browsers as well. int8 has a scale
for each row. int4 has one for each block of a row, chosen for the least squared error, and two
values a byte: the first half of a block in the low bits, the second half in the high ones.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edgeft_quantize.nodes import TABLE

BLOCK = 128
"""most values that share a scale in int4"""
LARGE = 0.1
"""share of all looked-up weights from which a table is worth int4"""
OLDEST_INT4 = 18
"""operator set from which bits can be masked"""
STEPS = 8192
"""rows quantized at a time"""
CLIPS = np.linspace(1.0, 0.6, 9, dtype=np.float32)
"""shares of a block's largest value that int4 may reach to, tried for the least error"""

Built = tuple[list[onnx.NodeProto], list[onnx.TensorProto]]
"""nodes, and the weights that they use"""


def quantize_tables(model: onnx.ModelProto, names: set[str], kind: str) -> None:
    """Rewrite the lookups of these names, in place, to look up integers.

    `kind` is int8 or int4; with int4, small tables and those of odd width become int8, as all
    do where the operator set has no bit masks.
    """
    graph = model.graph
    weights = {each.name: each for each in graph.initializer}
    lookups = [node for node in graph.node if node.name in names and node.op_type == TABLE]
    tables = {node.input[0]: numpy_helper.to_array(weights[node.input[0]]) for node in lookups}
    total = sum(table.size for table in tables.values())
    opset = next(each.version for each in model.opset_import if each.domain == "")
    built: dict[str, list[onnx.NodeProto]] = {}
    added: dict[str, onnx.TensorProto] = {}
    for node in lookups:
        table = tables[node.input[0]]
        fits = opset >= OLDEST_INT4 and table.shape[1] % 2 == 0 and table.size >= LARGE * total
        make = int4_lookup if kind == "int4" and fits else int8_lookup
        built[node.name], needed = make(node, table)
        added |= {each.name: each for each in needed}
    nodes = [each for node in graph.node for each in built.get(node.name, [node])]
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend([*kept, *added.values()])


def int8_lookup(node: onnx.NodeProto, table: np.ndarray) -> Built:
    """Look int8 rows up, and each row's scale, and multiply."""
    weight, indices, rows = node.input[0], node.input[1], f"{node.output[0]}_quantized"
    values, scales = int8_rows(table)
    return [
        named(node, TABLE, [f"{weight}_quantized", indices], rows),
        named(node, "Cast", [rows], f"{rows}_cast", to=TensorProto.FLOAT),
        named(node, "Gather_scales", [f"{weight}_scale", indices], f"{rows}_scale"),
        named(node, "Mul", [f"{rows}_cast", f"{rows}_scale"], node.output[0]),
    ], [
        numpy_helper.from_array(values, f"{weight}_quantized"),
        numpy_helper.from_array(scales, f"{weight}_scale"),
    ]


def int4_lookup(node: onnx.NodeProto, table: np.ndarray) -> Built:
    """Look packed rows up, take them apart, and multiply each block by its scale."""
    weight, indices, rows = node.input[0], node.input[1], f"{node.output[0]}_quantized"
    values, scales = int4_blocks(table, block_of(table.shape[1]))
    return [
        named(node, TABLE, [f"{weight}_quantized", indices], rows),  # (..., blocks, block / 2)
        named(node, "BitwiseAnd", [rows, f"{weight}_mask"], f"{rows}_low"),
        named(node, "BitShift", [rows, f"{weight}_shift"], f"{rows}_high", direction="RIGHT"),
        named(node, "Concat", [f"{rows}_low", f"{rows}_high"], f"{rows}_whole", axis=-1),
        named(node, "Cast", [f"{rows}_whole"], f"{rows}_cast", to=TensorProto.FLOAT),
        named(node, "Sub", [f"{rows}_cast", f"{weight}_zero_point"], f"{rows}_centred"),
        named(node, "Gather_scales", [f"{weight}_scale", indices], f"{rows}_scale"),
        named(node, "Mul", [f"{rows}_centred", f"{rows}_scale"], f"{rows}_blocks"),
        named(node, "Shape", [indices], f"{rows}_places"),
        named(node, "Concat_1", [f"{rows}_places", f"{weight}_width"], f"{rows}_shape", axis=0),
        named(node, "Reshape", [f"{rows}_blocks", f"{rows}_shape"], node.output[0]),
    ], [
        numpy_helper.from_array(values, f"{weight}_quantized"),
        numpy_helper.from_array(scales, f"{weight}_scale"),
        numpy_helper.from_array(np.array(0x0F, np.uint8), f"{weight}_mask"),
        numpy_helper.from_array(np.array(4, np.uint8), f"{weight}_shift"),
        numpy_helper.from_array(np.array(8, np.float32), f"{weight}_zero_point"),
        numpy_helper.from_array(np.array([table.shape[1]], np.int64), f"{weight}_width"),
    ]


def named(
    lookup: onnx.NodeProto, operator: str, inputs: list[str], output: str, **attributes: object
) -> onnx.NodeProto:
    """A node in the module of the lookup that it takes the place of; the lookup keeps its name."""
    place = lookup.name.rpartition("/")[0]
    name = lookup.name if operator == TABLE else f"{place}/{operator}"
    return helper.make_node(operator.partition("_")[0], inputs, [output], name=name, **attributes)


def int8_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 (rows, width) and float32 scales (rows, 1) whose product is nearest to the table."""
    scales = np.abs(table).max(axis=1, keepdims=True) / 127
    scales[scales == 0] = 1
    return np.round(table / scales).astype(np.int8), scales.astype(np.float32)


def int4_blocks(table: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """Packed uint8 (rows, blocks, block / 2) and float32 scales (rows, blocks, 1).

    A value is (four bits - 8) times its block's scale.
    """
    blocks = table.reshape(len(table), -1, block)
    values = np.empty(blocks.shape, np.uint8)
    scales = np.empty((*blocks.shape[:2], 1), np.float32)
    for start in range(0, len(blocks), STEPS):
        part = slice(start, start + STEPS)
        scales[part] = least_error_scales(blocks[part])
        values[part] = rounded(blocks[part], scales[part]) + 8
    return values[..., : block // 2] | (values[..., block // 2 :] << 4), scales


def least_error_scales(blocks: np.ndarray) -> np.ndarray:
    """The scale of each block (rows, blocks, 1) that leaves the least squared error.

    A few values that are cut off cost less than coarse steps for all the others.
    """
    largest = np.abs(blocks).max(axis=-1, keepdims=True)
    largest[largest == 0] = 1
    tried = [largest * clip / 7 for clip in CLIPS]
    errors = [
        ((rounded(blocks, scales) * scales - blocks) ** 2).sum(axis=-1, keepdims=True)
        for scales in tried
    ]
    best = np.argmin(errors, axis=0)
    found: np.ndarray = np.take_along_axis(np.stack(tried), best[None], axis=0)[0]
    return found


def rounded(blocks: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """The nearest of the sixteen steps from -8 to 7, as floats."""
    found: np.ndarray = np.clip(np.round(blocks / scales), -8, 7)
    return found


def block_of(width: int) -> int:
    """The values that share a scale: the largest even divisor of an even width up to BLOCK."""
    return max(size for size in range(2, min(width, BLOCK) + 1, 2) if width % size == 0)
