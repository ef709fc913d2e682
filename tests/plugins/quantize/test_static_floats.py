"""Static quantization rounds what products with a weight read, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.evaluation import evaluate
from edgeft.options import Gates
from edgeft.quantization.nodes import weight_nodes
from edgeft.runtime import Tagger, load
from edgeft.tasks.token_classification import TokenClassification
from edgeft_quantize import Static, StaticOptions
from edgeft_quantize.feeds import feeds_of
from edgeft_quantize.ladder import Rung, first_rung
from edgeft_quantize.static import quantize_graph
from edgeft_quantize.tokens import Tokens

LEARNT = 0.9
"""least F1 of a model that has learnt"""
NEAR = 0.05
"""what F1 may lose"""


def quantized(
    bundle: Bundle, data: Dataset, out: Path, **options: Any
) -> tuple[onnx.GraphProto, Rung]:
    """The static graph of a bundle, and what was asked of it."""
    rung = first_rung(weight_nodes(bundle.variant_file("fp32")), StaticOptions(**options))
    feeds = feeds_of(bundle, data, "train", 16, seed=0)
    tokens = Tokens(bundle, data, Context(out=out, task=TokenClassification()))
    source, target = bundle.variant_file("fp32"), out / "int8.onnx"
    quantize_graph(source, target, rung, feeds=feeds, tokens=tokens)
    return onnx.load(out / "int8.onnx").graph, rung


def rounded(graph: onnx.GraphProto) -> set[str]:
    """The activations that are not what they were: those that come back from integers."""
    integers = {
        name for each in graph.node if each.op_type == "QuantizeLinear" for name in each.output
    }
    return {
        node.output[0]
        for node in graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in integers
    }


def integer_weights(graph: onnx.GraphProto) -> set[str]:
    """The weights that come from int8."""
    stored = {each.name for each in graph.initializer if each.data_type == onnx.TensorProto.INT8}
    return {
        node.output[0]
        for node in graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in stored
    }


def assert_products_alone_are_rounded(graph: onnx.GraphProto, rung: Rung) -> None:
    found, weights = rounded(graph), integer_weights(graph)
    fed = [node for node in graph.node if found & set(node.input)]
    products = {node.name for node in graph.node if node.op_type in ("MatMul", "Gemm")}
    assert {node.name for node in fed} == products & set(rung.nodes)
    assert all(node.input[0] in found and node.input[1] in weights for node in fed)


def test_every_family_adds_normalizes_and_attends_in_float(
    family: str,
    make_tiny_export: Callable[[str], Bundle],
    tiny_dataset: Dataset,
    tmp_path: Path,
) -> None:
    graph, rung = quantized(make_tiny_export(family), tiny_dataset, tmp_path)
    assert_products_alone_are_rounded(graph, rung)


def test_a_token_classifier_adds_normalizes_and_attends_in_float(
    make_entity_bundle: Callable[[str], Bundle], entity_dataset: Dataset, tmp_path: Path
) -> None:
    graph, rung = quantized(make_entity_bundle("bert"), entity_dataset, tmp_path)
    assert_products_alone_are_rounded(graph, rung)
    assert "/classifier/MatMul" in rung.nodes


def test_an_excluded_product_reads_what_its_neighbours_read_rounded(
    make_tiny_export: Callable[[str], Bundle], tiny_dataset: Dataset, tmp_path: Path
) -> None:
    bundle = make_tiny_export("bert")
    graph, rung = quantized(bundle, tiny_dataset, tmp_path, exclude=["*.query"])
    assert_products_alone_are_rounded(graph, rung)
    reads = {node.name: node.input[0] for node in graph.node}
    attention = "/bert/encoder/layer.1/attention/self"
    assert reads[f"{attention}/query/MatMul"] not in rounded(graph)
    assert reads[f"{attention}/key/MatMul"] in rounded(graph)


def test_a_static_graph_finds_the_entities_that_its_float_graph_finds(
    make_entity_bundle: Callable[[str], Bundle], entity_dataset: Dataset, tmp_path: Path
) -> None:
    task = TokenClassification()
    gates = Gates(max_drop=1.0)  # whatever it loses is to be seen here
    context = Context(out=tmp_path / "out", task=task, device="cpu", threads=1, gates=gates)
    options = StaticOptions(calibration_texts=40, embeddings="int8")
    made = Static(options, context).run(make_entity_bundle("bert"), entity_dataset)
    assert made.manifest.variants["int8"].kind == "int8-static"
    (gate,) = made.manifest.history[-1].figures["gates"]
    assert gate["note"] == "as asked"
    f1 = {
        variant: evaluate(made, entity_dataset, "test", task=task, variant=variant).scores.metrics
        for variant in ("fp32", "int8")
    }
    assert f1["fp32"]["f1"] > LEARNT
    assert f1["int8"]["f1"] > f1["fp32"]["f1"] - NEAR
    with load(made.path, Tagger, variant="int8") as model:
        assert model.selftest().passed
