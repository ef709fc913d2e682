"""Weights of four bits in the file: tried beside int8 or asked for, and left where they cost."""

from typing import Any

import onnx
import pytest

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.inspection import inspect_bundle
from edgeft.options import Gates
from edgeft.quantization.nodes import weight_nodes
from edgeft.runtime import load
from edgeft.tasks.sentence_embeddings import SentenceEmbeddings
from edgeft_quantize import Dynamic, DynamicOptions
from edgeft_quantize.ladder import Rung
from edgeft_quantize.rounding import Rounding


@pytest.fixture
def encoding(context: Context) -> Context:
    """Circumstances in which an encoder may lose anything."""
    return context.at(context.out, task=SentenceEmbeddings(), gates=Gates(max_drop=1.0))


def unpacked(bundle: Bundle, variant: str) -> int:
    """How many weights a variant unpacks."""
    graph = onnx.load(bundle.variant_file(variant)).graph
    return sum(each.name.endswith("_integers") for each in graph.initializer)


def test_a_variant_with_four_bits_is_added_where_a_budget_of_bytes_asks_for_less(
    wide: Bundle, vectors: Dataset, encoding: Context
) -> None:
    first = Dynamic(DynamicOptions(), encoding).run(wide, vectors)
    assert list(first.manifest.variants) == ["fp32", "int8", "int8-int4"]
    most = first.variant_file("int8-int4").stat().st_size / 1e6
    gates = Gates(max_drop=1.0, max_size_mb=0.9 * most)
    bound = encoding.at(encoding.out.with_name("bound"), gates=gates)
    quantized = Dynamic(DynamicOptions(), bound).run(wide, vectors)
    names = ["int8", "int8-int4", "int8-int4-w4"]
    assert list(quantized.manifest.variants) == ["fp32", *names]
    assert quantized.manifest.chosen == names[2]
    sizes = [quantized.variant_file(name).stat().st_size for name in names]
    assert sizes[2] < 0.8 * sizes[1] < sizes[0]
    assert quantized.manifest.variants[names[2]].weight_type == "int8, int4, w4"
    assert [unpacked(quantized, name) for name in names] == [0, 0, 6]
    figures = quantized.manifest.history[-1].figures
    assert figures["w4"]["note"] == "weights in int4"
    assert figures["w4"]["allowed"] == figures["int4"]["allowed"] >= 0.25
    assert "weights of 4 bits" in " ".join(inspect_bundle(quantized.path).variants[names[2]].notes)
    quantized.verify()
    with load(quantized.path) as model:
        assert model.selftest().passed
    again = bound.at(encoding.out.with_name("again"))
    both = Dynamic(DynamicOptions(embeddings="int4"), again).run(quantized, vectors)
    assert list(both.manifest.variants) == ["fp32", *names, "int8-2", "int8-2-w4"]
    assert (
        both.manifest.files[f"onnx/model_{names[2]}.onnx"]
        == quantized.manifest.files[f"onnx/model_{names[2]}.onnx"]
    )


def test_what_is_asked_for_is_all_that_is_made(
    wide: Bundle, vectors: Dataset, encoding: Context
) -> None:
    options = DynamicOptions(weights="int4", embeddings="int8", per_channel=False)
    asked = Dynamic(options, encoding).run(wide, vectors)
    assert {name: each.weight_type for name, each in asked.manifest.variants.items()} == {
        "fp32": "float32", "int8": "int8, w4",
    }  # fmt: skip
    assert asked.manifest.variants["int8"].scales == "per channel"
    assert unpacked(asked, "int8") == 6


def test_what_costs_too_much_has_eight_bits(
    wide: Bundle, vectors: Dataset, encoding: Context
) -> None:
    def figures_of(weights: Any, max_drop: float) -> dict[str, Any]:
        out = encoding.out.with_name(f"{weights}-{max_drop}")
        gates = Gates(max_drop=max_drop, max_size_mb=0.1)
        options = DynamicOptions(weights=weights, embeddings="int8")
        made = Dynamic(options, encoding.at(out, gates=gates)).run(wide, vectors)
        assert (unpacked(made, "int8") > 0) == (max_drop == 1 and weights == "int4")
        assert ("int8-w4" in made.manifest.variants) == (max_drop == 1 and weights == "auto")
        return made.manifest.history[-1].figures

    free = figures_of("auto", 1)
    lost = free["gates"][0]["drop"], free["w4"]["drop"]
    between = sum(lost) / 2
    assert lost[0] < between < lost[1]
    refused = figures_of("auto", between)["w4"]
    assert (refused["drop"], refused["passed"]) == (lost[1], False)
    assert refused["allowed"] == pytest.approx(lost[0] + 0.25 * between)
    assert figures_of("int4", 1)["gates"][0]["drop"] == lost[1]
    assert [(gate["note"], gate["passed"]) for gate in figures_of("int4", between)["gates"]] == [
        ("as asked", False), ("weights in int8", True),
    ]  # fmt: skip


def test_rounding_is_done_once_for_all_rungs(
    wide: Bundle, vectors: Dataset, context: Context
) -> None:
    source = wide.variant_file("fp32")
    rounding = Rounding(source, wide, vectors, context, 20)
    names = tuple(node.name for node in weight_nodes(source))
    found = rounding.of(Rung("", True, False, names, weights="int4"), context.out.parent)
    assert len(found) == len(rounding.products) == 6
    few = tuple(node.name for node in rounding.products[:2])
    again = rounding.of(Rung("", True, False, few, weights="int4"), context.out.parent)
    assert [again[name] is found[name] for name in again] == [True, True]
    reduced = rounding.of(Rung("", True, True, few, weights="int4"), context.out.parent)
    assert len(reduced) == 2
    assert all(abs(each.values.astype(int)).max() <= 64 for each in reduced.values())
    assert not rounding.of(Rung("", True, False, names), context.out.parent)


def test_a_small_head_keeps_eight_bits(
    bert: Bundle, tiny_dataset: Dataset, context: Context
) -> None:
    rounding = Rounding(bert.variant_file("fp32"), bert, tiny_dataset, context, 4)
    nodes = [node for node in weight_nodes(rounding.source) if not node.is_table]
    assert {each.name for each in nodes} - {each.name for each in rounding.products} == {
        "/bert/pooler/dense/Gemm",
        "/classifier/Gemm",
    }


def test_weights_without_groups_are_left_as_they_are(
    bert: Bundle, tiny_dataset: Dataset, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgeft.quantization.gptq.group_of", lambda inputs: 0)
    rounding = Rounding(bert.variant_file("fp32"), bert, tiny_dataset, context, 4)
    names = tuple(node.name for node in weight_nodes(rounding.source))
    assert rounding.of(Rung("", True, False, names, weights="int4"), context.out) == {}
