"""A captured graph ships with module names, pinned versions, its labels, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch

from edgeft_onnx.capture import STRATEGIES, WRAPPED, example_feed

INPUTS = ["input_ids", "attention_mask"]


@pytest.fixture
def finished(captured_graph: Callable[[str, str], onnx.ModelProto]) -> dict[str, onnx.ModelProto]:
    """The tiny BERT captured by each strategy, finished."""
    return {strategy: captured_graph("bert", strategy) for strategy in STRATEGIES}


def weighted_modules(graph: onnx.GraphProto) -> list[tuple[str, str]]:
    """Operator and module of every node with a weight, in order."""
    weights = {each.name for each in graph.initializer if len(each.dims) == 2}
    return [
        (node.op_type, node.name.rpartition("/")[0])
        for node in graph.node
        if node.op_type in ("MatMul", "Gemm") and weights & set(node.input)
    ]


def test_both_strategies_name_nodes_after_the_same_modules(
    finished: dict[str, onnx.ModelProto],
) -> None:
    traced, exported = (weighted_modules(finished[each].graph) for each in ("trace", "dynamo"))
    assert traced == exported
    assert ("MatMul", "/bert/encoder/layer.0/attention/self/query") in traced
    assert ("Gemm", "/classifier") in traced


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_transposed_weights_have_their_module_in_their_name(
    strategy: str, finished: dict[str, onnx.ModelProto]
) -> None:
    shapes = {each.name: list(each.dims) for each in finished[strategy].graph.initializer}
    assert "bert.encoder.layer.1.attention.self.key.weight" in shapes
    assert shapes["bert.encoder.layer.1.output.dense.weight"][0] > 32
    assert "classifier.bias" in shapes
    assert not any(name.startswith(WRAPPED) for name in shapes)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_node_names_are_unique(strategy: str, finished: dict[str, onnx.ModelProto]) -> None:
    names = [node.name for node in finished[strategy].graph.node]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_graph_carries_versions_and_metadata_and_no_more(
    strategy: str, finished: dict[str, onnx.ModelProto]
) -> None:
    model = finished[strategy]
    assert model.ir_version == 10
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 20)]
    assert {each.key: each.value for each in model.metadata_props} == {
        "edgeft.task": "text-classification",
        "edgeft.labels": '["a", "b", "ü"]',
        "edgeft.max_length": "48",
    }
    assert not model.graph.value_info
    assert not any(node.metadata_props or node.doc_string for node in model.graph.node)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_batch_and_sequence_are_free(strategy: str, finished: dict[str, onnx.ModelProto]) -> None:
    for each in finished[strategy].graph.input:
        sizes = [size.dim_param for size in each.type.tensor_type.shape.dim]
        assert sizes == ["batch", "sequence"], each.name
    (output,) = finished[strategy].graph.output
    batch, labels = output.type.tensor_type.shape.dim
    assert output.name == "logits"
    assert batch.dim_param == "batch"
    assert labels.dim_value in (0, 3)


def test_example_has_padding_and_no_size_of_one(tmp_path: Path) -> None:
    example = example_feed(INPUTS, pad_id=1, vocabulary=8)
    ids, mask = example["input_ids"], example["attention_mask"]
    assert ids.shape == (2, 7)
    assert mask.sum(dim=1).tolist() == [7, 5]
    assert bool(((ids == 1) == (mask == 0)).all())
    assert int(ids.max()) < 8
    assert ids.dtype == torch.int64
