"""Globs match modules, and all that is inside them."""

import pytest

from edgeft.errors import PluginError
from edgeft.quantization.nodes import WeightNode
from edgeft_quantize.excluding import matching

QUERY = WeightNode("/bert/encoder/layer.0/attention/self/query/MatMul", "MatMul", 32, 32)
WIDE = WeightNode("/bert/encoder/layer.0/intermediate/dense/MatMul", "MatMul", 32, 64)
NARROW = WeightNode("/bert/encoder/layer.1/output/dense/MatMul", "MatMul", 64, 32)
HEAD = WeightNode("/classifier/Gemm", "Gemm", 32, 3)
WORDS = WeightNode("/bert/embeddings/word_embeddings/Gather", "Gather", 100, 32)
NODES = [WORDS, QUERY, WIDE, NARROW, HEAD]


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("classifier", [HEAD]),
        ("bert.encoder.layer.0", [QUERY, WIDE]),
        ("*.layer.?.output", [NARROW]),
        ("*.query", [QUERY]),
        ("*embeddings*", [WORDS]),
        ("/classifier/Gemm", [HEAD]),
        ("*", NODES),
    ],
)
def test_glob_matches_a_module_and_all_inside_it(glob: str, found: list[WeightNode]) -> None:
    assert matching(NODES, [glob]) == {node.name for node in found}


def test_glob_that_matches_nothing_is_named() -> None:
    with pytest.raises(PluginError, match=r"exclude: 'clasifier' matches no module") as caught:
        matching(NODES, ["classifier", "clasifier"])
    assert caught.value.hint == (
        "modules are named like bert.embeddings.word_embeddings or classifier"
    )
