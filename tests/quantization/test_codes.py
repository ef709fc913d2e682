"""Product quantization: what the codes of a table stand for, and a graph that looks them up."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeft.inspection import parameters
from edgeft.onnxfile import read_onnx
from edgeft.quantization.codes import (
    CODES,
    FEWEST_ROWS,
    coded,
    cut,
    part_of,
    product_codes,
    rows_of_their_own,
)
from edgeft.quantization.packing import forms_of
from edgeft.quantization.rows import int8_rows
from edgeft.quantization.tables import quantize_tables
from tests.quantization.test_tables import looked_up, weight_bytes

WIDTH, ROWS = 24, FEWEST_ROWS[3]
TABLE = np.random.default_rng(0).normal(size=(ROWS, WIDTH)).astype(np.float32)


COUNTS = np.zeros(ROWS - 10, np.int64)
"""how often texts have each token: a thousand tokens, ever less often, and the table has more rows
than there are tokens"""
COUNTS[::4][:1000] = np.arange(1000, 0, -1)
OFTEN = np.arange(0, 400, 4)
"""the most frequent tenth of them"""


def as_floats(table: np.ndarray, part: int = 3) -> np.ndarray:
    """What the codes of a table stand for, one row and place after the other."""
    codes, book, scales = product_codes(table, part)
    rows = [
        [part for place, code in enumerate(row) for part in book[place, code] * scales[place, 0]]
        for row in codes.tolist()
    ]
    return np.array(rows, dtype=np.float32)


def model_of(
    table: np.ndarray, *, opset: int = 20, summed: bool = False, further: bool = False
) -> onnx.ModelProto:
    """A graph that looks rows up, sums them by weights where that is said, or looks `further`."""
    float32, ids = TensorProto.FLOAT, ["batch", "tokens"]
    nodes = [helper.make_node("Gather", ["words", "input_ids"], ["rows"], name="/words/Gather")]
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ids)]
    outputs = [helper.make_tensor_value_info("rows", float32, [*ids, table.shape[1]])]
    if summed:
        nodes.append(helper.make_node("MatMul", ["by", "rows"], ["sums"], name="/sum"))
        inputs.append(helper.make_tensor_value_info("by", float32, ["batch", 1, "tokens"]))
        outputs = [helper.make_tensor_value_info("sums", float32, ["batch", 1, table.shape[1]])]
    if further:
        nodes.append(helper.make_node("Gather", ["words", "labels"], ["of"], name="/labels/Gather"))
        inputs.append(helper.make_tensor_value_info("labels", TensorProto.INT64, ids))
        outputs.append(helper.make_tensor_value_info("of", float32, [*ids, table.shape[1]]))
    graph = helper.make_graph(
        nodes, "lookup", inputs, outputs, [numpy_helper.from_array(table, "words")]
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


@pytest.mark.parametrize("part", [3, 4])
def test_as_many_rows_as_codes_are_exact_but_for_eight_bits(part: int) -> None:
    table = TABLE[:CODES]
    codes, book, scales = product_codes(table, part)
    assert (codes.dtype, codes.shape) == (np.uint8, (CODES, WIDTH // part))
    assert (book.dtype, book.shape) == (np.int8, (WIDTH // part, CODES, part))
    steps = np.repeat(scales.ravel(), part)
    assert (np.abs(as_floats(table, part) - table) <= steps / 2 + 1e-6).all()


def test_a_table_of_codes_gives_them_again_and_so_do_some_of_its_rows() -> None:
    table = coded(TABLE)
    assert table.dtype == np.float32
    assert not np.array_equal(table, TABLE)
    assert np.array_equal(coded(table), table)
    some = np.concatenate([table[::2], table[: ROWS // 2]])
    assert np.array_equal(coded(some), some)
    with pytest.raises(ValueError, match="has no codes"):
        coded(table[:5])


def test_a_tenth_of_the_tokens_that_texts_have_are_no_codes() -> None:
    part, often = cut(TABLE, COUNTS)
    assert part == 3
    assert np.array_equal(often, OFTEN)
    assert len(cut(TABLE[: len(COUNTS) - 1], COUNTS)[1]) == 0  # a table of something else
    assert len(cut(TABLE, np.zeros(ROWS, np.int64))[1]) == 0
    assert len(cut(TABLE)[1]) == 0


def test_frequent_rows_are_int8_and_the_others_are_coded_without_them() -> None:
    table = coded(TABLE, COUNTS)
    integers, scales = int8_rows(TABLE[OFTEN])
    assert np.array_equal(table[OFTEN], integers * scales)
    others = np.setdiff1d(np.arange(ROWS), OFTEN)
    assert np.array_equal(table[others], as_floats(TABLE[others]))


@pytest.mark.parametrize(
    ("rows", "counts"), [(ROWS, COUNTS), (ROWS, COUNTS[::-1]), (ROWS, None), (2500, COUNTS)]
)
def test_a_table_in_codes_is_read_as_it_was_learnt(rows: int, counts: np.ndarray | None) -> None:
    table = coded(TABLE[:rows], COUNTS[:rows])
    own = OFTEN[: int(0.1 * np.count_nonzero(COUNTS[:rows]))]
    kept = np.flatnonzero(np.arange(rows) % 7)  # of parts of three too few rows to put in codes
    most_often = np.union1d(own, np.arange(rows - 300, rows))
    for some in (np.arange(rows), kept, most_often):
        part, often = cut(table[some], counts)
        assert part == (3 if rows == ROWS else 4)
        assert np.array_equal(some[often], np.intersect1d(some, own))
        assert np.allclose(coded(table[some], counts), table[some], rtol=1e-6, atol=0)


def test_equal_rows_are_no_codes() -> None:
    table = TABLE.copy()
    table[ROWS // 3 :] = 0  # as of an n-gram that no text has
    assert rows_of_their_own(table, 3) is None
    part, often = cut(table, COUNTS)
    assert part == 3
    assert np.array_equal(often, OFTEN)


def test_of_a_table_all_in_codes_no_row_is_its_own() -> None:
    table = coded(TABLE)
    table[7] = 9 * TABLE[7]  # the only one that has these codes
    found = rows_of_their_own(coded(table), 3)
    assert found is not None
    assert len(found) == 0


def test_rows_that_were_int8_before_are_no_codes() -> None:
    integers, scales = int8_rows(TABLE)
    assert rows_of_their_own(integers * scales, 3) is None


def test_rows_that_are_alike_share_their_codes_silently() -> None:
    table = np.zeros((ROWS, WIDTH), np.float32)
    table[1::2] = TABLE[0]
    assert np.allclose(as_floats(table), table, atol=0.02)


@pytest.mark.parametrize("part", [3, 4])
def test_error_is_that_of_the_bits_of_a_weight(part: int) -> None:
    lost = ((as_floats(TABLE, part) - TABLE) ** 2).sum() / (TABLE**2).sum()
    shannon = 2 ** (-2 * 8 / part)  # of a normal source nothing loses less
    assert 0.8 * shannon < lost < 1.9 * shannon


def test_more_rows_than_k_means_looks_at_are_coded_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeft.quantization.codes.SEEN", ROWS // 2)
    lost = ((as_floats(TABLE) - TABLE) ** 2).sum(axis=1) / (TABLE**2).sum(axis=1)
    assert lost.shape == (ROWS,)
    assert lost.mean() < 0.06


@pytest.mark.parametrize("opset", [14, 20])
def test_graph_looks_the_codes_up(opset: int) -> None:
    model = model_of(TABLE, opset=opset)
    quantize_tables(model, {"/words/Gather"}, "pq")
    ids = np.array([[0, 1, -1], [ROWS - 1, 5, 5]])
    assert np.allclose(looked_up(model, ids), as_floats(TABLE)[ids], atol=1e-6)
    assert forms_of(model.graph) == ["pq"]
    assert {node.domain for node in model.graph.node} == {""}


@pytest.mark.parametrize("rows", [ROWS, 9 * ROWS])
@pytest.mark.parametrize("opset", [14, 20])
def test_graph_looks_frequent_rows_up_in_int8(rows: int, opset: int) -> None:
    table = np.tile(TABLE, (9, 1))[:rows]
    model = model_of(table, opset=opset)
    quantize_tables(model, {"/words/Gather"}, "pq", COUNTS)
    onnx.checker.check_model(model, full_check=True)
    ids = np.array([[0, 1, -1, 4], [396, 400, 5, rows - 1]])
    assert np.allclose(looked_up(model, ids), coded(table, COUNTS)[ids], atol=1e-6)
    assert forms_of(model.graph) == ["pq"]
    assert {node.domain for node in model.graph.node} == {""}
    held = {each.name: list(each.dims) for each in model.graph.initializer}
    assert held["words_often_quantized"] == [len(OFTEN), WIDTH]
    assert held["words_quantized"] == [rows - len(OFTEN), WIDTH // 3]


@pytest.mark.parametrize(
    ("ids", "rare"), [([[0, 4], [396, 0]], 0), ([[1, 2], [5, 1]], 4), ([[0, 1], [2, 4]], 2)]
)
def test_codes_are_looked_up_for_the_rows_alone_that_are_codes(
    ids: list[list[int]], rare: int
) -> None:
    model = model_of(TABLE)
    quantize_tables(model, {"/words/Gather"}, "pq", COUNTS)
    (by_codes,) = [node for node in model.graph.node if node.input[0] == "words_quantized"]
    model.graph.output.append(
        helper.make_tensor_value_info(by_codes.output[0], TensorProto.UINT8, ["rare", WIDTH // 3])
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found, codes = session.run(None, {"input_ids": np.array(ids)})
    assert np.allclose(found, coded(TABLE, COUNTS)[np.array(ids)], atol=1e-6)
    assert len(codes) == rare


def test_more_frequent_rows_than_others_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeft.quantization.codes.FREQUENT", 0.4)
    often = cut(TABLE, COUNTS)[1]
    table = coded(TABLE, COUNTS)[np.union1d(often, np.arange(ROWS - 300, ROWS))]
    assert len(cut(table)[1]) > len(table) / 2
    model = model_of(table)
    quantize_tables(model, {"/words/Gather"}, "pq")
    onnx.checker.check_model(model, full_check=True)
    ids = np.arange(len(table))[None]
    assert np.allclose(looked_up(model, ids), table[ids], atol=1e-6)


@pytest.mark.parametrize("reading", [["/words/Gather", "/labels/Gather"], ["/words/Gather"]])
def test_two_lookups_of_a_table_read_the_same(reading: list[str]) -> None:
    model = model_of(TABLE, further=True)
    quantize_tables(model, set(reading), "pq", COUNTS)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    ids = np.arange(ROWS)[None]
    found = session.run(None, {"input_ids": ids, "labels": ids})
    wanted = coded(TABLE, COUNTS)
    for rows, name in zip(found, ["/words/Gather", "/labels/Gather"], strict=True):
        assert np.allclose(rows[0], wanted if name in reading else TABLE, atol=1e-6)


def test_codes_are_smaller_than_four_bits() -> None:
    sizes = {}
    for kind in ("int8", "int4", "pq"):
        model = model_of(np.tile(TABLE, (4, 1)))
        quantize_tables(model, {"/words/Gather"}, kind)
        sizes[kind] = weight_bytes(model)
    assert sizes["int8"] > 1.6 * sizes["int4"] > 1.6 * 1.3 * sizes["pq"]


def test_sum_reads_what_the_codes_stand_for() -> None:
    model = model_of(TABLE, summed=True)
    quantize_tables(model, {"/words/Gather"}, "pq")
    onnx.checker.check_model(model, full_check=True)
    ids, by = np.array([[4, 5, 1]]), np.array([[[1, 2, 0.5]]], np.float32)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (summed,) = session.run(None, {"input_ids": ids, "by": by})
    assert np.allclose(summed, by @ as_floats(TABLE)[ids], atol=1e-5)


@pytest.mark.parametrize(
    ("rows", "width", "part"),
    [(ROWS, 24, 3), (ROWS, 27, 3), (ROWS, 20, 4), (ROWS - 1, 24, 4), (ROWS - 1, 27, 0)],
)
def test_parts_have_three_values_where_that_fits(rows: int, width: int, part: int) -> None:
    assert part_of(rows, width) == part


@pytest.mark.parametrize(
    ("rows", "width", "form"),
    [(FEWEST_ROWS[4] - 1, WIDTH, ["int4"]), (ROWS, 22, ["int4"]), (ROWS, 25, [])],
)
def test_tables_that_win_nothing_by_codes_become_what_they_can(
    rows: int, width: int, form: list[str]
) -> None:
    assert part_of(rows, width) == 0
    model = model_of(np.tile(TABLE, (1, 2))[:rows, :width])
    quantize_tables(model, {"/words/Gather"}, "pq")
    assert forms_of(model.graph) == form


@pytest.mark.parametrize("rows", FEWEST_ROWS.values())
def test_a_code_is_as_many_parameters_as_share_it(tmp_path: Path, rows: int) -> None:
    table = TABLE[:rows]
    model = model_of(table)
    quantize_tables(model, {"/words/Gather"}, "pq")
    onnx.save(model, tmp_path / "model.onnx")
    book = CODES * WIDTH
    counted = parameters(read_onnx(tmp_path / "model.onnx"))
    assert table.size + book <= counted < table.size + book + 4 * WIDTH
