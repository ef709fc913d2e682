"""Embedding tables as integers: the rows that a text needs are looked up, then made floats.

Standard operators only, so that every onnxruntime runs them, in browsers as well.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edgeft.quantization import codes
from edgeft.quantization.nodes import TABLE, TOKENS
from edgeft.quantization.rows import LARGE, block_of, int4_blocks, int4_pairs, int8_rows

OLDEST_INT4 = 18
"""operator set from which bits can be masked"""

Built = tuple[list[onnx.NodeProto], list[onnx.TensorProto]]
"""nodes, and the weights that they use"""

BuiltSum = tuple[list[onnx.NodeProto], list[onnx.NodeProto], list[onnx.TensorProto]]
"""nodes in the place of a lookup, nodes in the place of the product that sums it, and weights"""


def quantize_tables(
    model: onnx.ModelProto, names: set[str], kind: str, counts: np.ndarray | None = None
) -> None:
    """Rewrite the lookups of these names, in place, to look up integers.

    `kind` is int8, int4 or pq, which are codes of product quantization. What a table cannot be, or
    would win nothing by, it is not: it becomes int4 where that is said of codes, or else int8.
    `counts` (token ids,) say how often texts have each: a table of tokens in codes keeps the rows
    of the most frequent in int8.
    """
    graph = model.graph
    weights = {each.name: each for each in graph.initializer}
    lookups = [node for node in graph.node if node.name in names and node.op_type == TABLE]
    tables = {node.input[0]: numpy_helper.to_array(weights[node.input[0]]) for node in lookups}
    of_tokens = {node.input[0] for node in lookups if node.input[1] == TOKENS}
    total = sum(table.size for table in tables.values())
    opset = next(each.version for each in model.opset_import if each.domain == "")
    built: dict[str, list[onnx.NodeProto]] = {}
    added: dict[str, onnx.TensorProto] = {}
    for node in lookups:
        table = tables[node.input[0]]
        form = form_of(table, kind, opset=opset, large=table.size >= LARGE * total)
        sums = summing(model, node)
        if sums is not None and form in SUMS:
            built[node.name], built[sums.name], needed = SUMS[form](node, sums, table)
        elif form == "pq":
            part, often = codes.cut(table, counts if node.input[0] in of_tokens else None)
            built[node.name], needed = codes_lookup(node, table, part, often)
        else:
            built[node.name], needed = LOOKUPS[form](node, table)
        added |= {each.name: each for each in needed}
    nodes = [each for node in graph.node for each in built.get(node.name, [node])]
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend([*kept, *added.values()])


def form_of(table: np.ndarray, asked: str, *, opset: int, large: bool) -> str:
    """What a table becomes where `asked` is: int8, int4 or pq; only a large one is less than int8.

    int4 is for even widths, and for operator sets with bit masks.
    """
    if asked == "pq" and large and np.isfinite(table).all() and codes.cut(table)[0]:
        return "pq"
    if asked != "int8" and large and opset >= OLDEST_INT4 and table.shape[1] % 2 == 0:
        return "int4"
    return "int8"


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


def summing(model: onnx.ModelProto, lookup: onnx.NodeProto) -> onnx.NodeProto | None:
    """The product that sums what is looked up, weights @ rows; None where anything else reads it.

    Another lookup of the same table keeps it from that too: they share one table of scales.
    """
    rows, nodes = lookup.output[0], model.graph.node
    readers = [each for each in nodes if rows in each.input]
    others = [each for each in nodes if lookup.input[0] in each.input]
    if len(readers) != 1 or len(others) != 1 or rows in {each.name for each in model.graph.output}:
        return None
    (reader,) = readers
    is_sum = reader.op_type == "MatMul" and reader.input[1] == rows and reader.input[0] != rows
    return reader if is_sum and reader.name else None


def int8_sum(lookup: onnx.NodeProto, product: onnx.NodeProto, table: np.ndarray) -> BuiltSum:
    """Look int8 rows up, and scale the weights of their sum instead of the rows themselves.

    A row has as many values as the table is wide, and one weight: w @ (s * q) = (w * s) @ q.
    """
    weight, rows = lookup.input[0], lookup.output[0]
    values, scales = int8_rows(table)
    scaled, weighing, needed = scaled_weights(lookup, product, scales[:, 0])
    return (
        [
            named(lookup, TABLE, [f"{weight}_quantized", lookup.input[1]], f"{rows}_quantized"),
            named(lookup, "Cast", [f"{rows}_quantized"], rows, to=TensorProto.FLOAT),
        ],
        [
            *weighing,
            helper.make_node("MatMul", [scaled, rows], product.output, name=product.name),
        ],
        [numpy_helper.from_array(values, f"{weight}_quantized"), *needed],
    )


def int4_sum(lookup: onnx.NodeProto, product: onnx.NodeProto, table: np.ndarray) -> BuiltSum:
    """Look bytes of two values up, and take their sums apart instead of the rows themselves.

    A byte is low + 16 * high, so a sixteenth of it is nearest to high, and what a weighted sum of
    sixteenths has beyond that of the nearest integers is a sixteenth of the sum of the low ones.
    A row has one scale, which goes to its weight in the sum.
    """
    weight, rows, place = lookup.input[0], lookup.output[0], product.output[0]
    values, scales = int4_pairs(table)
    scaled, weighing, needed = scaled_weights(lookup, product, scales[:, 0])
    return (
        [
            named(lookup, TABLE, [f"{weight}_quantized", lookup.input[1]], f"{rows}_quantized"),
            named(lookup, "DequantizeLinear", [f"{rows}_quantized", f"{weight}_sixteenth"], rows),
            named(lookup, "Round", [rows], f"{rows}_high"),
        ],
        [
            *weighing,
            helper.make_node("MatMul", [scaled, rows], [f"{place}_bytes"], name=product.name),
            named(lookup, "MatMul_high", [scaled, f"{rows}_high"], f"{place}_high"),
            named(lookup, "Sub", [f"{place}_bytes", f"{place}_high"], f"{place}_rest"),
            named(lookup, "Mul_low", [f"{place}_rest", f"{weight}_sixteen"], f"{place}_low"),
            named(lookup, "Concat", [f"{place}_low", f"{place}_high"], place, axis=-1),
        ],
        [
            numpy_helper.from_array(values, f"{weight}_quantized"),
            numpy_helper.from_array(np.array(1 / 16, np.float32), f"{weight}_sixteenth"),
            numpy_helper.from_array(np.array(16, np.float32), f"{weight}_sixteen"),
            *needed,
        ],
    )


def scaled_weights(
    lookup: onnx.NodeProto, product: onnx.NodeProto, scales: np.ndarray
) -> tuple[str, list[onnx.NodeProto], list[onnx.TensorProto]]:
    """The weights of a sum times the scales (rows,) of what they weigh; their name comes first."""
    weight, rows = lookup.input[0], lookup.output[0]
    scaled = f"{rows}_weights"
    return (
        scaled,
        [
            named(lookup, "Gather_scales", [f"{weight}_scale", lookup.input[1]], f"{rows}_scale"),
            named(lookup, "Unsqueeze", [f"{rows}_scale", f"{weight}_axis"], f"{rows}_scale_row"),
            named(lookup, "Mul", [product.input[0], f"{rows}_scale_row"], scaled),
        ],
        [
            numpy_helper.from_array(scales, f"{weight}_scale"),
            numpy_helper.from_array(np.array([-2], np.int64), f"{weight}_axis"),
        ],
    )


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
        *reshaped(node, f"{rows}_blocks"),
    ], [
        numpy_helper.from_array(values, f"{weight}_quantized"),
        numpy_helper.from_array(scales, f"{weight}_scale"),
        numpy_helper.from_array(np.array(0x0F, np.uint8), f"{weight}_mask"),
        numpy_helper.from_array(np.array(4, np.uint8), f"{weight}_shift"),
        numpy_helper.from_array(np.array(8, np.float32), f"{weight}_zero_point"),
        width_of(node, table),
    ]


def codes_lookup(node: onnx.NodeProto, table: np.ndarray, part: int, often: np.ndarray) -> Built:
    """Look rows up in int8 that texts have `often`, and write those in codes over the others.

    Where a row stands is looked up first: rows in codes are counted from 0 up, the others from -1
    down, which is from the end of their table. Where a row is in codes, the last int8 one is looked
    up in vain: to look up integers costs little, and codes only where they are needed.
    """
    if not len(often):
        return pq_lookup(node, table, part)
    weight, indices, rows = node.input[0], node.input[1], node.output[0]
    others = np.setdiff1d(np.arange(len(table)), often)
    places = np.empty(len(table), np.int16 if len(table) <= np.iinfo(np.int16).max else np.int32)
    places[others] = np.arange(len(others))
    places[often] = np.arange(-len(often), 0)
    place, last, rare, frequent = f"{rows}_place", f"{weight}_last", f"{rows}_rare", f"{rows}_often"

    def lookup(of: str, at: str, into: str, name: str) -> onnx.NodeProto:
        return helper.make_node(TABLE, [of, at], [into], name=name)

    of_codes, codes_held = pq_parts(
        lookup(weight, f"{place}_rare", f"{rare}_parts", node.name), table[others], part
    )
    of_often, often_held = int8_lookup(
        lookup(f"{weight}_often", f"{place}_often", frequent, f"{node.name}_often"), table[often]
    )
    return [
        named(node, "Gather_places", [f"{weight}_places", indices], f"{place}_short"),
        named(node, "Cast_places", [f"{place}_short"], place, to=TensorProto.INT32),
        named(node, "Min", [place, last], f"{place}_often"),
        *of_often,
        named(node, "Less", [last, place], f"{rows}_is_rare"),
        named(node, "NonZero", [f"{rows}_is_rare"], f"{rows}_axes"),  # (axes, rare ones)
        named(node, "Transpose", [f"{rows}_axes"], f"{rows}_at", perm=[1, 0]),
        named(node, "GatherND", [place, f"{rows}_at"], f"{place}_rare"),
        *of_codes,
        named(node, "Reshape", [f"{rare}_parts", f"{weight}_shape"], rare),
        named(node, "ScatterND", [frequent, f"{rows}_at", rare], rows),
    ], [
        numpy_helper.from_array(places, f"{weight}_places"),
        numpy_helper.from_array(np.array(-1, np.int32), last),
        numpy_helper.from_array(np.array([-1, table.shape[1]], np.int64), f"{weight}_shape"),
        *codes_held,
        *often_held,
    ]


def pq_lookup(node: onnx.NodeProto, table: np.ndarray, part: int) -> Built:
    """Look rows up that all are codes."""
    weight, indices, parts = node.input[0], node.input[1], f"{node.output[0]}_values"
    looked_up = helper.make_node(TABLE, [weight, indices], [parts], name=node.name)
    nodes, held = pq_parts(looked_up, table, part)
    return [*nodes, *reshaped(node, parts)], [*held, width_of(node, table)]


def pq_parts(node: onnx.NodeProto, table: np.ndarray, part: int) -> Built:
    """Look codes up, then the part that each stands for at its place: (..., places, part).

    Of the book, which is the same for every text, onnxruntime makes floats once.
    """
    weight, indices, rows = node.input[0], node.input[1], f"{node.output[0]}_codes"
    values, book, scales = codes.product_codes(table, part)
    firsts = np.arange(len(book), dtype=np.int32) * codes.CODES
    return [
        named(node, "Cast_book", [f"{weight}_book"], f"{rows}_book", to=TensorProto.FLOAT),
        named(node, "Mul_book", [f"{rows}_book", f"{weight}_scale"], f"{rows}_scaled"),
        named(node, "Reshape_book", [f"{rows}_scaled", f"{weight}_parts"], f"{rows}_parts"),
        named(node, TABLE, [f"{weight}_quantized", indices], rows),  # (..., places)
        named(node, "Cast", [rows], f"{rows}_cast", to=TensorProto.INT32),
        named(node, "Add", [f"{rows}_cast", f"{weight}_firsts"], f"{rows}_entries"),
        named(node, "Gather_parts", [f"{rows}_parts", f"{rows}_entries"], node.output[0]),
    ], [
        numpy_helper.from_array(values, f"{weight}_quantized"),
        numpy_helper.from_array(book, f"{weight}_book"),
        numpy_helper.from_array(scales, f"{weight}_scale"),
        numpy_helper.from_array(np.array([-1, part], np.int64), f"{weight}_parts"),
        numpy_helper.from_array(firsts, f"{weight}_firsts"),
    ]


def reshaped(node: onnx.NodeProto, rows: str) -> list[onnx.NodeProto]:
    """Nodes that make rows of blocks or parts as wide as the table was."""
    weight, indices = node.input[0], node.input[1]
    return [
        named(node, "Shape", [indices], f"{rows}_places"),
        named(node, "Concat_1", [f"{rows}_places", f"{weight}_width"], f"{rows}_shape", axis=0),
        named(node, "Reshape", [rows, f"{rows}_shape"], node.output[0]),
    ]


def width_of(node: onnx.NodeProto, table: np.ndarray) -> onnx.TensorProto:
    """The width that rows have, which `reshaped` nodes read."""
    return numpy_helper.from_array(np.array([table.shape[1]], np.int64), f"{node.input[0]}_width")


LOOKUPS = {"int8": int8_lookup, "int4": int4_lookup}
SUMS = {"int8": int8_sum, "int4": int4_sum}
"""those whose scales can go to what weighs the rows: codes have a scale for each place instead"""


def named(
    lookup: onnx.NodeProto, operator: str, inputs: list[str], output: str, **attributes: object
) -> onnx.NodeProto:
    """A node in the module of the lookup that it takes the place of; the lookup keeps its name."""
    name = lookup.name if operator == TABLE else f"{lookup.name}_{operator}"
    return helper.make_node(operator.partition("_")[0], inputs, [output], name=name, **attributes)
