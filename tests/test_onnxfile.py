"""The reader of ONNX files agrees with the onnx package, and refuses what is no such file."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeft.artifacts import Bundle
from edgeft.errors import BundleError
from edgeft.onnxfile import OnnxFile, Port, Weight, read_onnx


def assert_agrees(found: OnnxFile, wanted: onnx.ModelProto) -> None:
    assert found.ir_version == wanted.ir_version
    assert found.producer == wanted.producer_name
    assert found.opsets == {each.domain: each.version for each in wanted.opset_import}
    assert found.metadata == {each.key: each.value for each in wanted.metadata_props}
    assert Counter(each.op for each in found.nodes) == Counter(n.op_type for n in wanted.graph.node)
    for mine, theirs in zip(found.nodes, wanted.graph.node, strict=True):
        assert (mine.name, mine.domain) == (theirs.name, theirs.domain)
        assert (mine.inputs, mine.outputs) == (tuple(theirs.input), tuple(theirs.output))
    sizes = {each.name: (each.shape, each.bytes) for each in found.weights}
    for tensor in wanted.graph.initializer:
        assert sizes[tensor.name] == (tuple(tensor.dims), numpy_helper.to_array(tensor).nbytes)
    assert [each.name for each in found.inputs] == [each.name for each in wanted.graph.input]


@pytest.mark.parametrize("variant", ["fp32", "int8"])
def test_it_reads_what_the_onnx_package_reads(tiny_bundle: Bundle, variant: str) -> None:
    path = tiny_bundle.variant_file(variant)
    assert_agrees(read_onnx(path), onnx.load(path))


def example() -> onnx.ModelProto:
    """A small graph with everything that a file may hold."""
    branch = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["inner"], name="inside")],
        "branch",
        [],
        [helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)],
    )
    constant = numpy_helper.from_array(np.array([True]), "unused")
    graph = helper.make_graph(
        [
            helper.make_node("Constant", [], ["condition"], value=constant),
            helper.make_node(
                "If", ["condition"], ["y"], then_branch=branch, else_branch=branch, name="choose"
            ),
            helper.make_node("Gelu", ["y"], ["z"], domain="com.microsoft"),
        ],
        "example",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", None])],
        [
            numpy_helper.from_array(np.zeros((3, 5), np.float16), "half"),
            helper.make_tensor("words", TensorProto.STRING, [2], [b"ab", b"cde"]),
            helper.make_tensor("unpacked", TensorProto.INT64, [3], [1, 2, 300]),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="a test", ir_version=8)
    helper.set_model_props(model, {"labels": "naïve, 日本"})
    return model


@pytest.fixture
def path(tmp_path: Path) -> Path:
    onnx.save(example(), tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def test_it_says_what_the_file_says_of_itself(path: Path) -> None:
    found = read_onnx(path)
    assert (found.ir_version, found.opset, found.producer) == (8, 17, "a test")
    assert found.opsets == {"": 17, "com.microsoft": 1}
    assert found.metadata == {"labels": "naïve, 日本"}


def test_dimensions_are_numbers_or_names(path: Path) -> None:
    found = read_onnx(path)
    assert found.inputs == [Port("x", "float32", ("batch", 4))]
    assert found.outputs == [Port("z", "float32", ("batch", "?"))]


def test_nodes_of_branches_are_counted(path: Path) -> None:
    assert Counter(node.op for node in read_onnx(path).nodes) == {
        "Constant": 1, "If": 1, "Identity": 2, "Gelu": 1
    }  # fmt: skip


def test_weights_of_every_type_are_measured(path: Path) -> None:
    assert sorted(read_onnx(path).weights, key=lambda weight: weight.name) == [
        Weight("condition", "bool", (1,), 1),
        Weight("half", "float16", (3, 5), 30),
        Weight("unpacked", "int64", (3,), 24),
        Weight("words", "string", (2,), 5),
    ]


def test_weights_in_another_file_are_told_apart(tmp_path: Path) -> None:
    model = example()
    weight = model.graph.initializer[0]
    onnx.external_data_helper.set_external_data(weight, location="weights.bin", offset=0)
    weight.ClearField("raw_data")
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    found = {each.name: each for each in read_onnx(tmp_path / "model.onnx").weights}
    assert found["half"] == Weight("half", "float16", (3, 5), 30, external=True)


@pytest.mark.parametrize(
    "content",
    [b"", b"plain text that is no message", b"\x00" * 100, b"\xff" * 100, b"\x3a\xff\x01short"],
)
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"no (whole )?ONNX file"):
        read_onnx(path)


def test_every_truncation_is_refused_or_read_without_a_crash(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    refused = 0
    for size in range(len(whole)):
        (tmp_path / "cut.onnx").write_bytes(whole[:size])
        try:
            read_onnx(tmp_path / "cut.onnx")
        except BundleError:
            refused += 1
    assert refused > 0.9 * len(whole)  # a cut between the last fields leaves a whole message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        read_onnx(tmp_path / "model.onnx")
    assert caught.value.message == f"no file at {tmp_path}/model.onnx"
