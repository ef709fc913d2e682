"""Integer tables give the rows that float tables give, nearly, whatever looks them up."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeft.inspection import parameters
from edgeft.onnxfile import read_onnx
from edgeft.quantization.packing import forms_of
from edgeft.quantization.rows import block_of, int4_blocks, int4_pairs, int8_rows
from edgeft.quantization.tables import quantize_tables

ROWS = np.random.default_rng(0).normal(size=(50, 24)).astype(np.float32)
ROWS[0] = 0
ROWS[1] *= 100


def lookup_model(indices: str, *, opset: int = 20, width: int = 24) -> onnx.ModelProto:
    """A graph that looks up in one table of 50 rows, by indices of a shape such as "batch,2"."""
    shape = [int(each) if each.isdigit() else each for each in indices.split(",") if each]
    table = np.tile(ROWS, 2)[:, :width]
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, [*shape, width])
    graph = helper.make_graph(
        [helper.make_node("Gather", ["words.weight", "input_ids"], ["rows"], name="/words/Gather")],
        "lookup",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, shape)],
        [rows],
        [numpy_helper.from_array(table, "words.weight")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def looked_up(model: onnx.ModelProto, ids: np.ndarray) -> np.ndarray:
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (rows,) = session.run(None, {"input_ids": ids})
    return np.asarray(rows)


def weight_bytes(model: onnx.ModelProto) -> int:
    return sum(numpy_helper.to_array(each).nbytes for each in model.graph.initializer)


def test_every_row_has_its_own_int8_scale() -> None:
    values, scales = int8_rows(ROWS)
    assert values.dtype == np.int8
    assert scales.shape == (50, 1)
    assert np.abs(values).max(axis=1).tolist() == [0] + [127] * 49
    assert (np.abs(values * scales - ROWS) <= scales / 2 + 1e-6).all()


def test_int4_is_what_a_hand_packs() -> None:
    # the largest value takes the seventh step: nothing is cut off, so that is the least error
    table = np.array([[7, -7, 1, 0], [-3.5, 0.5, 3.5, -1]], dtype=np.float32)
    values, scales = int4_blocks(table, 4)
    assert scales.ravel().tolist() == [1, 0.5]
    # steps + 8: [15, 1, 9, 8] and [1, 9, 15, 6]; the second half in the high bits
    assert values.tolist() == [[[15 | 9 << 4, 1 | 8 << 4]], [[1 | 15 << 4, 9 | 6 << 4]]]


def test_pairs_are_what_a_hand_packs() -> None:
    table = np.array([[7, -7, 1, -2], [-3.5, 0.5, 3.5, -1]], dtype=np.float32)
    values, scales = int4_pairs(table)
    assert (values.dtype, scales.ravel().tolist()) == (np.int8, [1, 0.5])
    # steps [7, -7, 1, -2] and [-7, 1, 7, -2]: the second half sixteenfold
    assert values.tolist() == [[7 + 16 * 1, -7 + 16 * -2], [-7 + 16 * 7, 1 + 16 * -2]]


def test_int4_cuts_an_outlier_off_where_that_costs_less() -> None:
    block = np.full((1, 128), 0.6, dtype=np.float32)
    block[0, 0] = 7
    values, scales = int4_blocks(block, 128)
    low = values[0, 0, 1] & 0x0F
    assert scales[0, 0, 0] < 1
    error = abs((int(low) - 8) * scales[0, 0, 0] - 0.6)
    assert error < 0.4  # to the largest value, 0.6 would become 1


def test_block_is_the_largest_even_divisor_that_may_share_a_scale() -> None:
    assert [block_of(width) for width in (384, 312, 64, 34, 258)] == [128, 104, 64, 34, 86]


@pytest.mark.parametrize(("kind", "step"), [("int8", 1 / 127), ("int4", 1 / 7)])
@pytest.mark.parametrize(
    ("indices", "ids"),
    [
        ("batch,tokens", np.array([[0, 1, 2], [49, -1, 3]])),
        ("tokens", np.array([5, 1])),
        ("batch,tokens,2", np.arange(12).reshape(2, 3, 2)),
    ],
)
def test_graph_looks_up_what_it_did(kind: str, step: float, indices: str, ids: np.ndarray) -> None:
    model = lookup_model(indices)
    before = looked_up(model, ids)
    size = weight_bytes(model)
    quantize_tables(model, {"/words/Gather"}, kind)
    after = looked_up(model, ids)
    assert after.shape == before.shape
    largest = np.abs(before).max(axis=-1, keepdims=True)
    assert np.abs(after - before).max() > 0
    assert (np.abs(after - before) <= 0.5 * largest * step + 1e-6).mean() > 0.95
    assert weight_bytes(model) < size * (0.35 if kind == "int8" else 0.25)
    assert "Gather" in {node.op_type for node in model.graph.node}
    assert {node.domain for node in model.graph.node} == {""}


@pytest.mark.parametrize(("opset", "width"), [(17, 24), (20, 25)])
def test_int4_becomes_int8_where_it_cannot_be(opset: int, width: int) -> None:
    model = lookup_model("batch,tokens", opset=opset, width=width)
    quantize_tables(model, {"/words/Gather"}, "int4")
    (table,) = [each for each in model.graph.initializer if each.name.endswith("_quantized")]
    assert (table.data_type, list(table.dims)) == (TensorProto.INT8, [50, width])


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_a_graph_shows_which_tables_it_holds(kind: str) -> None:
    for model in (lookup_model("ids"), sum_model()):
        quantize_tables(model, {node.name for node in model.graph.node}, kind)
        assert forms_of(model.graph) == [kind][kind == "int8" :]


def test_two_numbers_of_a_byte_are_two_parameters(tmp_path: Path) -> None:
    counted = {}
    for kind in ("int8", "int4"):
        model = lookup_model("ids")
        quantize_tables(model, {node.name for node in model.graph.node}, kind)
        onnx.save(model, tmp_path / f"{kind}.onnx")
        counted[kind] = parameters(read_onnx(tmp_path / f"{kind}.onnx"))
    rows = ROWS.size
    assert rows <= counted["int8"] <= counted["int4"] <= 1.5 * rows  # and scales, some a block


def test_table_that_two_lookups_share_is_kept_once() -> None:
    model = lookup_model("batch,tokens")
    model.graph.node.append(
        helper.make_node("Gather", ["words.weight", "input_ids"], ["again"], name="/other/Gather")
    )
    again = helper.make_tensor_value_info("again", TensorProto.FLOAT, ["batch", "tokens", 24])
    model.graph.output.append(again)
    quantize_tables(model, {"/words/Gather", "/other/Gather"}, "int8")
    assert sorted(each.name for each in model.graph.initializer) == [
        "words.weight_quantized", "words.weight_scale",
    ]  # fmt: skip
    quantized = lookup_model("batch,tokens")
    quantize_tables(quantized, {"/words/Gather"}, "int8")
    ids = np.array([[4, 5]])
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    for rows in session.run(None, {"input_ids": ids}):
        assert np.array_equal(rows, looked_up(quantized, ids))


def sum_model() -> onnx.ModelProto:
    """A graph that sums the rows of a table, each with a weight."""
    model = lookup_model("batch,tokens")
    model.graph.node.append(helper.make_node("MatMul", ["by", "rows"], ["summed"], name="/sum"))
    float32 = TensorProto.FLOAT
    by = helper.make_tensor_value_info("by", float32, ["batch", 1, "tokens"])
    model.graph.input.append(by)
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("summed", float32, ["batch", 1, 24]))
    return model


def pairs_as_floats(table: np.ndarray) -> np.ndarray:
    """What packed pairs stand for, taken apart as integers: a low half of -7 borrows nothing."""
    values, scales = int4_pairs(table)
    low = (values.astype(np.int64) + 8) % 16 - 8
    return np.concatenate([low, (values - low) // 16], axis=1) * scales


def int8_as_floats(table: np.ndarray) -> np.ndarray:
    values, scales = int8_rows(table)
    return values * scales


@pytest.mark.parametrize(
    ("kind", "as_floats", "products"), [("int8", int8_as_floats, 1), ("int4", pairs_as_floats, 2)]
)
def test_scales_go_to_the_weights_of_a_sum(
    kind: str, as_floats: Callable[[np.ndarray], np.ndarray], products: int
) -> None:
    model = sum_model()
    quantize_tables(model, {"/words/Gather"}, kind)
    onnx.checker.check_model(model, full_check=True)
    ids = np.array([[4, 5, 1], [7, 0, 49]])
    by = np.array([[[1, 2, 0]], [[0.5, 1, 1]]], dtype=np.float32)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (summed,) = session.run(None, {"input_ids": ids, "by": by})
    assert np.allclose(summed, by @ as_floats(ROWS)[ids], rtol=1e-5, atol=1e-4)
    sums = [node for node in model.graph.node if node.op_type == "MatMul"]
    assert len(sums) == products
    made = {node.output[0]: node.op_type for node in model.graph.node}
    rows = {made[node.input[1]] for node in sums}
    assert rows <= {"Cast", "DequantizeLinear", "Round"}  # no scale multiplies what is looked up


def test_sums_of_pairs_are_near_those_of_floats() -> None:
    model = sum_model()
    size = weight_bytes(model)
    quantize_tables(model, {"/words/Gather"}, "int4")
    assert weight_bytes(model) < 0.25 * size
    floats = pairs_as_floats(ROWS)
    step = np.abs(ROWS).max(axis=1, keepdims=True) / 7
    assert (np.abs(floats - ROWS) <= 0.5 * step + 1e-6).mean() > 0.95


def test_new_nodes_take_no_name_that_is_taken() -> None:
    model = lookup_model("batch,tokens")
    taken = ("Cast", "Shape", "Concat", "Reshape", "Mul")
    for name in taken:
        output = helper.make_tensor_value_info(f"words_{name}", TensorProto.INT64, None)
        model.graph.node.append(
            helper.make_node("Shape", ["input_ids"], [output.name], name=f"/words/{name}")
        )
        model.graph.output.append(output)
    quantize_tables(model, {"/words/Gather"}, "int4")
    names = [node.name for node in model.graph.node]
    assert len(names) == len(set(names))
    onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("reads", ["output", "node"])
def test_rows_that_something_else_reads_are_scaled_themselves(reads: str) -> None:
    model = sum_model()
    if reads == "node":
        model.graph.node.append(helper.make_node("Relu", ["rows"], ["positive"], name="/relu"))
    name = {"output": "rows", "node": "positive"}[reads]
    shape = ["batch", "tokens", 24]
    model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    quantize_tables(model, {"/words/Gather"}, "int8")
    ids = np.array([[4, 5, 1]])
    by = np.ones((1, 1, 3), np.float32)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    summed, rows = session.run(None, {"input_ids": ids, "by": by})
    values, scales = int8_rows(ROWS)
    found = (values * scales)[ids]
    assert np.allclose(summed, by @ found, atol=1e-5)
    assert np.allclose(rows, found if reads == "output" else np.maximum(found, 0), atol=1e-5)
