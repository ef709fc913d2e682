"""Weights are found with the part of the model that they are."""

from collections.abc import Callable

from edgeft.artifacts import Bundle
from edgeft.quantization.nodes import WeightNode, weight_nodes

WORDS = WeightNode("/bert/embeddings/word_embeddings/Gather", "Gather", 100, 32)
WIDE = WeightNode("/bert/encoder/layer.0/intermediate/dense/MatMul", "MatMul", 32, 64)
NARROW = WeightNode("/bert/encoder/layer.1/output/dense/MatMul", "MatMul", 64, 32)
HEAD = WeightNode("/classifier/Gemm", "Gemm", 32, 3)
NODES = [WORDS, WIDE, NARROW, HEAD]


def test_parts_are_told_apart() -> None:
    assert [node for node in NODES if node.is_table] == [WORDS]
    assert [node for node in NODES if node.is_outside_layers] == [HEAD]
    assert [node for node in NODES if node.narrows] == [NARROW]


def test_weights_of_every_family_are_found(
    family: str, make_tiny_export: Callable[[str], Bundle]
) -> None:
    nodes = weight_nodes(make_tiny_export(family).variant_file("fp32"))
    assert any(node.is_table for node in nodes)
    heads = [node for node in nodes if node.is_outside_layers]
    assert heads[-1].columns == 3
    narrowing = [node for node in nodes if node.narrows]
    layers = {node.module.split("output")[0].split("mlp")[0] for node in narrowing}
    assert len(layers) == len(narrowing) >= 2
