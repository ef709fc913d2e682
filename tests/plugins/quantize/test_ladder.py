"""The ladder goes from what was asked for to what loses least, each graph once."""

import pytest

from edgeft.errors import ModelError
from edgeft.quantization.nodes import WeightNode
from edgeft_quantize import DynamicOptions, QuantizeOptions
from edgeft_quantize.ladder import Cost, Rung, first_rung, guilty_sets, ladder

NODES = [
    WeightNode("/embeddings/Gather", "Gather", 100, 32),
    WeightNode("/layer.0/in/MatMul", "MatMul", 32, 64),
    WeightNode("/layer.0/out/MatMul", "MatMul", 64, 32),
    WeightNode("/classifier/Gemm", "Gemm", 32, 3),
]


def cost(place: int, divergence: float) -> Cost:
    return Cost(NODES[place].module, (NODES[place].name,), divergence)


def nothing_found(rung: Rung) -> list[Cost]:
    return []


def climbed(costs: list[Cost] | None = None, **options: object) -> list[tuple[str, int]]:
    first = first_rung(NODES, DynamicOptions.model_validate(options))
    rungs = ladder(first, NODES, lambda rung: costs or [])
    return [(rung.name, len(rung.nodes)) for rung in rungs]


def test_ladder_leaves_ever_more_in_float() -> None:
    assert climbed() == [
        ("as asked", 4),
        ("head in float32", 3),
        ("head and narrowing products in float32", 2),
        ("head, narrowing products and embeddings in float32", 1),
    ]


def test_finer_scales_come_before_float() -> None:
    assert climbed(per_channel=False, embeddings="int4")[:4] == [
        ("as asked", 4),
        ("a scale for each channel", 4),
        ("embeddings in int8", 4),
        ("head in float32", 3),
    ]


def test_codes_become_ever_larger_integers_before_float() -> None:
    assert climbed(embeddings="pq")[:4] == [
        ("as asked", 4),
        ("embeddings in int4", 4),
        ("embeddings in int8", 4),
        ("head in float32", 3),
    ]


def test_weights_have_eight_bits_before_anything_is_float() -> None:
    assert climbed(weights="int4", embeddings="int4", per_channel=False)[:4] == [
        ("as asked", 4),
        ("embeddings in int8", 4),
        ("weights in int8", 4),
        ("head in float32", 3),
    ]
    assert first_rung(NODES, DynamicOptions(weights="int4", per_channel=False)).per_channel


def test_attention_becomes_float_before_any_weight() -> None:
    assert climbed(attention="int8")[:3] == [
        ("as asked", 4),
        ("attention in float32", 4),
        ("head in float32", 3),
    ]
    assert first_rung(NODES, DynamicOptions()).attention_bits == 0


@pytest.mark.parametrize(
    ("options", "bits"),
    [
        ({"profile": "x86-vnni"}, 8),
        ({"profile": "x86-vnni", "reduce_range": True}, 7),
        ({"profile": "x86-portable"}, 7),
        ({"profile": "x86-portable", "reduce_range": False}, 7),
    ],
)
def test_attention_saturates_on_no_processor(options: dict[str, object], bits: int) -> None:
    given = DynamicOptions.model_validate({"attention": "int8", **options})
    assert first_rung(NODES, given).attention_bits == bits


def test_only_the_guilty_become_float_first() -> None:
    costs = [cost(0, 0.08), cost(1, 0.7), cost(2, 0.02), cost(3, 0.2)]
    assert climbed(costs)[:4] == [
        ("as asked", 4),
        ("the costliest in float32: layer.0.in", 3),
        ("the costliest in float32: classifier, layer.0.in", 2),
        ("the costliest in float32: classifier, embeddings, layer.0.in", 1),
    ]


def test_fewest_that_explain_a_share_are_guilty() -> None:
    costs = [cost(0, 0.1), cost(1, 0.5), cost(2, 0.4)]
    found = [[each.module for each in guilty] for guilty in guilty_sets(costs)]
    one, two, three = "layer.0.in", "layer.0.out", "embeddings"
    assert found == [[one], [one, two], [one, two, three]]


def test_operators_are_only_measured_once_the_first_rungs_have_failed() -> None:
    asked: list[Rung] = []

    def measure(rung: Rung) -> list[Cost]:
        asked.append(rung)
        return []

    rungs = ladder(first_rung(NODES, QuantizeOptions(per_channel=False)), NODES, measure)
    assert [next(rungs).name, next(rungs).name] == ["as asked", "a scale for each channel"]
    assert asked == []
    next(rungs)
    assert [rung.per_channel for rung in asked] == [True]


def test_rung_that_changes_nothing_is_left_out() -> None:
    assert climbed(exclude=["classifier"], embeddings="float32") == [
        ("as asked", 2),
        ("head and narrowing products in float32", 1),
    ]


def test_ladder_ends_where_nothing_would_be_left() -> None:
    assert climbed(exclude=["layer.0", "embeddings"]) == [("as asked", 1)]


@pytest.mark.parametrize(
    ("options", "per_channel", "reduce_range"),
    [
        ({"profile": "x86-vnni"}, True, False),
        ({"profile": "x86-portable"}, True, True),
        ({"profile": "arm64"}, True, False),
        ({"profile": "wasm"}, True, False),
        ({"profile": "x86-portable", "reduce_range": False}, True, False),
        ({"profile": "x86-vnni", "per_channel": False, "reduce_range": True}, False, True),
    ],
)
def test_profile_decides_what_the_user_does_not(
    options: dict[str, object], per_channel: bool, reduce_range: bool
) -> None:
    first = first_rung(NODES, QuantizeOptions.model_validate(options))
    assert (first.per_channel, first.reduce_range) == (per_channel, reduce_range)
    assert {each.reduce_range for each in ladder(first, NODES, nothing_found)} == {reduce_range}


@pytest.mark.parametrize(("said", "meant"), [(True, "int8"), (False, "float32"), ("int4", "int4")])
def test_earlier_recipes_say_yes_or_no_to_embeddings(said: object, meant: str) -> None:
    assert QuantizeOptions.model_validate({"embeddings": said}).embeddings == meant


def test_nothing_to_quantize_is_an_error() -> None:
    with pytest.raises(ModelError, match=r"nothing would be quantized: all 4 weights") as caught:
        first_rung(NODES, QuantizeOptions(exclude=["*"]))
    assert caught.value.hint == "exclude less, or leave the quantize step out"
