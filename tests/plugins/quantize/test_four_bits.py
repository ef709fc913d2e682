"""Weights of four bits in the file: tried beside int8 or asked for, and left where they cost."""

from typing import Any

import onnx
import pytest

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.options import Gates
from edgeft.runtime import load
from edgeft.tasks.sentence_embeddings import SentenceEmbeddings
from edgeft_quantize import Dynamic, DynamicOptions
from edgeft_quantize.ladder import Rung
from edgeft_quantize.rounding import Rounding, products_of


@pytest.fixture
def encoding(context: Context) -> Context:
    """Circumstances in which an encoder may lose anything."""
    return context.at(context.out, task=SentenceEmbeddings(), gates=Gates(max_drop=1.0))


def unpacked(bundle: Bundle, variant: str) -> int:
    """How many weights a variant unpacks."""
    graph = onnx.load(bundle.variant_file(variant)).graph
    return sum(each.name.endswith("_integers") for each in graph.initializer)


def test_a_variant_with_four_bits_is_added_where_it_costs_next_to_nothing(
    wide: Bundle, vectors: Dataset, encoding: Context
) -> None:
    quantized = Dynamic(DynamicOptions(), encoding).run(wide, vectors)
    names = ["int8", "int8-w4", "int8-int4-w4"]  # most of its weights are those of products
    assert list(quantized.manifest.variants) == ["fp32", *names]
    sizes = [quantized.variant_file(name).stat().st_size for name in names]
    assert sizes[2] < sizes[1] < 0.8 * sizes[0]
    assert quantized.manifest.variants[names[1]].weight_type == "int8, int4"
    assert [unpacked(quantized, name) for name in names] == [0, 6, 6]
    figures = quantized.manifest.history[-1].figures
    assert figures["w4"]["note"] == "weights in int4"
    assert figures["w4"]["allowed"] == figures["int4"]["allowed"] >= 0.25
    quantized.verify()
    with load(quantized.path, variant=names[2]) as model:
        assert model.selftest().passed


def test_what_is_asked_for_is_all_that_is_made(
    wide: Bundle, vectors: Dataset, encoding: Context
) -> None:
    options = DynamicOptions(weights="int4", embeddings="int8", per_channel=False)
    asked = Dynamic(options, encoding).run(wide, vectors)
    assert {name: each.weight_type for name, each in asked.manifest.variants.items()} == {
        "fp32": "float32", "int8": "int8, int4",
    }  # fmt: skip
    assert asked.manifest.variants["int8"].scales == "per channel"
    assert unpacked(asked, "int8") == 6
    plain = encoding.at(encoding.out.with_name("plain"))
    kept = Dynamic(DynamicOptions(weights="int8"), plain).run(wide, vectors)
    assert sorted(kept.manifest.variants) == ["fp32", "int8", "int8-int4"]


def test_what_costs_too_much_has_eight_bits(
    wide: Bundle, vectors: Dataset, encoding: Context
) -> None:
    def figures_of(weights: Any, max_drop: float) -> dict[str, Any]:
        out = encoding.out.with_name(f"{weights}-{max_drop}")
        gates = Gates(max_drop=max_drop)
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
    products = list(products_of(source))
    names = tuple(each.node for each in products)
    rung = Rung("", True, False, names, weights="int4")
    found = rounding.of(rung)
    assert len(found) == len(products) == 6
    again = rounding.of(Rung("", True, False, names[:2], weights="int4"))
    assert [again[name] is found[name] for name in again] == [True, True]
    reduced = rounding.of(Rung("", True, True, names, weights="int4"))
    assert all(abs(each.values.astype(int)).max() <= 64 for each in reduced.values())
    assert not rounding.of(Rung("", True, False, names))


def test_a_small_head_keeps_eight_bits(
    bert: Bundle, tiny_dataset: Dataset, context: Context
) -> None:
    rounding = Rounding(bert.variant_file("fp32"), bert, tiny_dataset, context, 4)
    products = list(products_of(rounding.source))
    assert {each.node for each in products} - {each.node for each in rounding.products} == {
        "/classifier/Gemm"
    }
