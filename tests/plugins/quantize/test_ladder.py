"""The ladder goes from what was asked for to what loses least, each rung once."""

import pytest

from edgeft.errors import ModelError
from edgeft_quantize import QuantizeOptions
from edgeft_quantize.ladder import ladder
from edgeft_quantize.nodes import WeightNode

NODES = [
    WeightNode("/embeddings/Gather", "Gather", 100, 32),
    WeightNode("/layer.0/in/MatMul", "MatMul", 32, 64),
    WeightNode("/layer.0/out/MatMul", "MatMul", 64, 32),
    WeightNode("/classifier/Gemm", "Gemm", 32, 3),
]


def rungs(**options: object) -> list[tuple[str, bool, int]]:
    found = ladder(NODES, QuantizeOptions.model_validate(options))
    return [(rung.name, rung.per_channel, len(rung.nodes)) for rung in found]


def test_ladder_leaves_ever_more_in_float() -> None:
    assert rungs() == [
        ("as asked", False, 4),
        ("a scale for each channel", True, 4),
        ("head in float32", True, 3),
        ("head and narrowing products in float32", True, 2),
        ("head, narrowing products and embeddings in float32", True, 1),
    ]


def test_rung_that_changes_nothing_is_left_out() -> None:
    assert rungs(per_channel=True, exclude=["classifier"], embeddings=False) == [
        ("as asked", True, 2),
        ("head and narrowing products in float32", True, 1),
    ]


def test_ladder_ends_where_nothing_would_be_left() -> None:
    assert rungs(exclude=["layer.0", "embeddings"]) == [
        ("as asked", False, 1),
        ("a scale for each channel", True, 1),
    ]


def test_reduced_range_holds_on_every_rung() -> None:
    assert all(rung.reduce_range for rung in ladder(NODES, QuantizeOptions(reduce_range=True)))


def test_nothing_to_quantize_is_an_error() -> None:
    with pytest.raises(ModelError, match=r"nothing would be quantized: all 4 weights") as caught:
        ladder(NODES, QuantizeOptions(exclude=["*"]))
    assert caught.value.hint == "exclude less, or leave the quantize step out"
