"""Weights of four bits in the file answer as the same int8 weights in it do."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeft.inspection import parameters
from edgeft.onnxfile import read_onnx
from edgeft.quantization.dynamic import quantize_weights
from edgeft.quantization.gptq import FourBits, four_bits, inverse_factor
from edgeft.quantization.moments import second_moments
from edgeft.quantization.packing import forms_of, integer_weights

INPUTS, INNER, OUTPUTS = 64, 96, 48
RANDOM = np.random.default_rng(0)
FIRST = RANDOM.normal(size=(INPUTS, INNER)).astype(np.float32)
SECOND = RANDOM.normal(size=(INNER, OUTPUTS)).astype(np.float32)
NAMES = ("/layer.0/first/MatMul", "/layer.0/second/Gemm")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A graph of two products, of which the second is a Gemm with its weight turned."""
    bias = RANDOM.normal(size=OUTPUTS).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["input_ids", "first"], ["wide"], name=NAMES[0]),
            helper.make_node("Relu", ["wide"], ["inner"], name="/relu"),
            helper.make_node("Gemm", ["inner", "second", "bias"], ["out"], name=NAMES[1], transB=1),
        ],
        "products",
        [helper.make_tensor_value_info("input_ids", TensorProto.FLOAT, ["n", INPUTS])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", OUTPUTS])],
        [
            numpy_helper.from_array(FIRST, "first"),
            numpy_helper.from_array(SECOND.T.copy(), "second"),
            numpy_helper.from_array(bias, "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "float.onnx")
    return tmp_path / "float.onnx"


@pytest.fixture
def weights() -> dict[str, FourBits]:
    return {
        "first": four_bits(FIRST, inverse_factor(np.zeros((INPUTS, INPUTS)))),
        "second": four_bits(SECOND, inverse_factor(np.zeros((INNER, INNER)))),
    }


@pytest.fixture
def packed(source: Path, weights: dict[str, FourBits]) -> Path:
    target = source.with_name("packed.onnx")
    quantize_weights(source, target, NAMES, per_channel=True, reduce_range=False, four_bits=weights)
    return target


def answers(path: Path, rows: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"input_ids": rows})[0])


def test_answers_are_those_of_the_same_weights_in_int8(
    source: Path, packed: Path, weights: dict[str, FourBits]
) -> None:
    onnx.checker.check_model(onnx.load(packed))
    target = source.with_name("whole.onnx")
    quantize_weights(source, target, NAMES, per_channel=True, reduce_range=False)
    model = onnx.load(target)
    held = {each.name: each for each in model.graph.initializer}
    for name, each in weights.items():
        for end, values in (("_quantized", each.values), ("_scale", each.scales)):
            held[name + end].CopyFrom(numpy_helper.from_array(values, name + end))
    onnx.save(model, target)
    rows = RANDOM.normal(size=(10, INPUTS)).astype(np.float32)
    assert np.array_equal(answers(packed, rows), answers(target, rows))


def test_what_products_read_is_known_without_a_session(
    packed: Path, weights: dict[str, FourBits]
) -> None:
    found = integer_weights(onnx.load(packed).graph)
    assert sorted(found) == ["first_int8", "second_int8"]
    for name, each in weights.items():
        assert found[f"{name}_int8"].dtype == np.int8
        assert np.array_equal(found[f"{name}_int8"], each.values)


def test_the_file_has_little_more_than_four_bits_a_weight(packed: Path) -> None:
    graph = onnx.load(packed).graph
    count = FIRST.size + SECOND.size
    held = sum(
        numpy_helper.to_array(each).nbytes
        for each in graph.initializer
        if each.name.endswith(("_quantized", "_integers"))
    )
    assert held == count * (4 + 8 / 32) / 8
    assert forms_of(graph) == ["w4"]
    assert count < parameters(read_onnx(packed)) < 1.1 * count


def test_onnxruntime_unpacks_once(packed: Path) -> None:
    options = onnxruntime.SessionOptions()
    opened = packed.with_name("opened.onnx")
    options.optimized_model_filepath = str(opened)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    onnxruntime.InferenceSession(packed, options, providers=["CPUExecutionProvider"])
    kinds = {node.op_type for node in onnx.load(opened).graph.node}
    assert not kinds & {"BitShift", "Concat", "QLinearConv", "Transpose"}
    assert "MatMulInteger" in kinds


def test_moments_are_of_what_a_product_multiplies(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [RANDOM.normal(size=(count, INPUTS)).astype(np.float32) for count in (3, 1, 4, 2)]
    monkeypatch.setattr("edgeft.quantization.moments.AT_ONCE", 4)
    for most, texts in ((100 * INPUTS, 4), (5 * INPUTS, 3)):
        monkeypatch.setattr("edgeft.quantization.moments.TOKENS", most)
        wide = np.concatenate(given[:texts]) @ FIRST
        feeds = [{"input_ids": each} for each in given]
        found = second_moments(source, ["wide", "inner", "wide"], feeds, 1, source.parent)
        for name, rows in (("wide", wide), ("inner", np.maximum(wide, 0))):
            assert np.allclose(found[name], rows.T @ rows, rtol=1e-4, atol=1e-3)
    assert [each.name for each in source.parent.iterdir()] == [source.name]


@pytest.mark.parametrize("attributes", [{"alpha": 0.5}, {"transA": 1}])
def test_products_that_stay_float_keep_their_weights(
    attributes: dict[str, Any], source: Path, weights: dict[str, FourBits]
) -> None:
    model = onnx.load(source)
    for name, value in attributes.items():
        model.graph.node[2].attribute.append(helper.make_attribute(name, value))
    onnx.save(model, source)
    target = source.with_name("packed.onnx")
    quantize_weights(source, target, NAMES, per_channel=True, reduce_range=False, four_bits=weights)
    graph = onnx.load(target).graph
    assert sorted(integer_weights(graph)) == ["first_int8"]
    assert [node.op_type for node in graph.node if node.name == NAMES[1]] == ["Gemm"]
