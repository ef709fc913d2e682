"""Static quantization of graphs whose values have no type that could be inferred."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.quantization.nodes import weight_nodes
from edgeft.registry import Registry
from edgeft.tasks.text_classification import TextClassification
from edgeft_quantize import DynamicOptions
from edgeft_quantize.feeds import feeds_of
from edgeft_quantize.ladder import first_rung
from edgeft_quantize.static import quantize_graph
from edgeft_quantize.tokens import Tokens


@pytest.mark.parametrize("name", ["text-classification", "relation-extraction", "fill-mask"])
def test_every_product_reads_rounded_activations(
    name: str, make_every_task: Callable[[str], Any], registry: Registry, tmp_path: Path
) -> None:
    made, task = make_every_task(name), registry.task(name)
    source = DataSource(train=str(made.texts), validation=str(made.texts))
    context = Context(out=tmp_path / "data", task=task, device="cpu", threads=1)
    data = prepare(source, task, context, find=lambda _: None)
    step: Any = registry.step("export", "onnx")
    options = registry.options("export", "onnx", {"strategies": ["trace"]})
    exported = step(options, context.at(tmp_path / "bundle")).run(
        Checkpoint.open(made.checkpoint), data
    )
    graph = rounded(exported, data, tmp_path / "model.onnx")
    producers = {node.output[0]: node.op_type for node in graph.node}
    products = [node for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    weighed = [node for node in products if producers.get(node.input[1]) == "DequantizeLinear"]
    assert len(weighed) == sum(
        not node.is_table for node in weight_nodes(exported.variant_file("fp32"))
    )
    assert {producers[node.input[0]] for node in weighed} == {"DequantizeLinear"}


def rounded(bundle: Bundle, data: Any, target: Path) -> onnx.GraphProto:
    """The bundle's graph by the first rung of static quantization."""
    source = bundle.variant_file("fp32")
    rung = first_rung(weight_nodes(source), DynamicOptions())
    feeds = feeds_of(bundle, data, "train", 8, seed=0)
    tokens = Tokens(bundle, data, Context(out=target, task=TextClassification()))
    quantize_graph(source, target, rung, feeds=feeds, tokens=tokens)
    return onnx.load(target).graph
