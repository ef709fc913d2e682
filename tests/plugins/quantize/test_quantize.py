"""A bundle gets an int8 variant that is small, accurate and timed, or keeps float32."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from notes import Notes

from edgeft.artifacts import Bundle, Dataset
from edgeft.data.rows import open_split
from edgeft.errors import ModelError
from edgeft.gates.sessions import CHANGES
from edgeft.quantization.profiles import own_profile
from edgeft.runtime import load
from edgeft.steps import Context, Gates
from edgeft.tasks.text_classification import TextClassification
from edgeft_quantize import Dynamic, DynamicOptions, Static, StaticOptions

INTEGERS = [onnx.TensorProto.INT8, onnx.TensorProto.UINT8]
LENIENT = Gates(max_drop=1.0)
METHODS: dict[str, Callable[[Context], Any]] = {
    "dynamic": lambda context: Dynamic(DynamicOptions(), context),
    "static": lambda context: Static(StaticOptions(calibration_texts=40), context),
}


MakeQuantized = Callable[..., Bundle]


@pytest.fixture(scope="session")
def make_quantized(
    make_tiny_export: Callable[[str], Bundle], tiny_dataset: Dataset, made_once: Any
) -> MakeQuantized:
    """Quantize a family's tiny bundle by a method, once for all tests that only look at it."""

    def make(method: str, family: str = "bert") -> Bundle:
        def quantize(out: Path) -> None:
            context = Context(
                out=out, task=TextClassification(), device="cpu", threads=1, gates=LENIENT
            )
            METHODS[method](context).run(make_tiny_export(family), tiny_dataset)

        return Bundle.open(made_once(f"quantized/{method}/{family}", quantize))

    return make


@pytest.fixture
def lenient(context: Context) -> Context:
    return context.at(context.out, gates=LENIENT)


@pytest.fixture
def bert(make_tiny_export: Callable[[str], Bundle]) -> Bundle:
    return make_tiny_export("bert")


def initializers(graph: onnx.GraphProto, kinds: Iterable[int]) -> set[str]:
    return {each.name for each in graph.initializer if each.data_type in kinds and each.dims}


@pytest.mark.parametrize("method", METHODS)
def test_every_family_is_quantized_and_answers_nearly_the_same(
    method: str,
    family: str,
    make_tiny_export: Callable[[str], Bundle],
    make_quantized: MakeQuantized,
    tiny_dataset: Dataset,
) -> None:
    bundle = make_tiny_export(family)
    quantized = make_quantized(method, family)
    quantized.verify()
    variants = quantized.manifest.variants
    assert variants["int8"].kind == f"int8-{method}"
    assert variants["int8"].weight_type == "int8"
    assert variants["int8"].scales == "per channel"
    assert variants["int8"].opset == variants["fp32"].opset
    assert variants["int8"].ir_version == variants["fp32"].ir_version == 10
    texts = list(open_split(tiny_dataset, "test")["text"])
    with load(bundle.path) as model:
        wanted = model.logits(texts, batch_size=1)
    with load(quantized.path, variant="int8") as model:
        found = model.logits(texts, batch_size=1)
        assert model.selftest().passed
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).mean() >= 0.9
    assert np.abs(found - wanted).max() > 0
    graph = onnx.load(quantized.variant_file("int8")).graph
    assert not graph.value_info
    weights = initializers(graph, INTEGERS)
    assert any("embed" in name for name in weights)
    assert any("query" in name or "q_lin" in name or "Wqkv" in name for name in weights)


def test_dynamic_quantization_multiplies_integers(
    bert: Bundle, make_quantized: MakeQuantized
) -> None:
    quantized = make_quantized("dynamic")
    before = Counter(node.op_type for node in onnx.load(bert.variant_file("fp32")).graph.node)
    after = Counter(node.op_type for node in onnx.load(quantized.variant_file("int8")).graph.node)
    assert after["MatMulInteger"] == 6 * 4 + 2  # six products a layer, pooler and classifier
    assert after["MatMul"] == 2 * 4  # inside attention
    for kept in ("LayerNormalization", "Softmax", "Gelu"):
        assert after[kept] == before[kept] > 0


def test_static_quantization_leaves_all_but_products_in_float(
    make_quantized: MakeQuantized,
) -> None:
    quantized = make_quantized("static")
    graph = onnx.load(quantized.variant_file("int8")).graph
    dequantized = {
        name for node in graph.node if node.op_type == "DequantizeLinear" for name in node.output
    }
    weights = initializers(graph, [onnx.TensorProto.INT8])
    fed = Counter(node.op_type for node in graph.node if dequantized & set(node.input) - weights)
    assert set(fed) <= {"MatMul", "Gemm", "Add"}  # Add: embeddings, looked up as integers
    activations = initializers(graph, [onnx.TensorProto.UINT8]) | {
        node.input[2]
        for node in graph.node
        if node.op_type == "QuantizeLinear" and len(node.input) > 2
    }
    types = {each.data_type for each in graph.initializer if each.name in activations}
    assert types == {onnx.TensorProto.UINT8}


def test_original_bundle_stays_as_it_was(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    digest = bert.digest
    quantized = METHODS["dynamic"](lenient).run(bert, tiny_dataset)
    assert Bundle.open(bert.path).digest == digest
    bert.verify()
    assert quantized.variant_file("fp32").read_bytes() == bert.variant_file("fp32").read_bytes()
    assert sorted(quantized.manifest.files) == [
        "config.json", "golden.json", "onnx/model.onnx",
        "onnx/model_int8-int4.onnx", "onnx/model_quantized.onnx",
        "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    kinds = [record.kind for record in quantized.manifest.history]
    assert kinds == ["finetune", "export", "quantize"]


def test_further_variants_stand_beside_the_first(
    make_quantized: MakeQuantized, tiny_dataset: Dataset, lenient: Context
) -> None:
    first = make_quantized("dynamic")
    other = "x86-vnni" if own_profile() == "x86-portable" else "x86-portable"
    options = StaticOptions(calibration_texts=40, profile=other)
    second = Static(options, lenient).run(first, tiny_dataset)
    variants = second.manifest.variants
    assert {name: (each.kind, each.profile) for name, each in variants.items()} == {
        "fp32": ("fp32", ""),
        "int8": ("int8-dynamic", own_profile()),
        "int8-int4": ("int8-dynamic", own_profile()),
        f"int8-{other}": ("int8-static", other),
        f"int8-{other}-int4": ("int8-static", other),
    }
    assert second.variant_file("int8").read_bytes() == first.variant_file("int8").read_bytes()
    assert second.manifest.chosen in variants
    for name in variants:
        with load(second.path, variant=name) as model:
            assert model.selftest().passed


def test_refused_variant_leaves_the_earlier_ones(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    brittle = with_common_outlier(bert, lenient.out.with_name("brittle"))
    first = METHODS["dynamic"](lenient).run(brittle, tiny_dataset)
    strict = lenient.at(lenient.out.with_name("second"), gates=Gates(max_drop=0.05))
    second = Dynamic(DynamicOptions(exclude=["bert"]), strict).run(first, tiny_dataset)
    assert sorted(second.manifest.variants) == ["fp32", "int8", "int8-int4"]
    assert second.manifest.chosen == first.manifest.chosen
    assert second.manifest.choice == first.manifest.choice
    second.verify()


def test_excluded_modules_stay_float(bert: Bundle, tiny_dataset: Dataset, lenient: Context) -> None:
    options = DynamicOptions(exclude=["classifier", "*.layer.0.attention"], embeddings="float32")
    quantized = Dynamic(options, lenient).run(bert, tiny_dataset)
    graph = onnx.load(quantized.variant_file("int8")).graph
    floats = initializers(graph, [onnx.TensorProto.FLOAT])
    integers = initializers(graph, INTEGERS)
    assert "classifier.weight" in floats
    assert "bert.encoder.layer.0.attention.self.query.weight" in floats
    assert "bert.encoder.layer.1.attention.self.query.weight" not in floats
    assert not any("embeddings" in name for name in integers)
    assert any(name.startswith("bert.encoder.layer.1.attention.self.query") for name in integers)


def test_portable_profile_makes_no_assumption_about_the_processor(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    usual = Dynamic(DynamicOptions(profile="x86-vnni"), lenient).run(bert, tiny_dataset)
    assert "VNNI" in usual.manifest.variants["int8"].cpu
    elsewhere = lenient.at(lenient.out.with_name("reduced"))
    portable = Dynamic(DynamicOptions(profile="x86-portable"), elsewhere).run(bert, tiny_dataset)
    assert portable.manifest.variants["int8"].cpu == ""
    weights = [
        onnx.numpy_helper.to_array(each)
        for each in onnx.load(portable.variant_file("int8")).graph.initializer
        if each.data_type == onnx.TensorProto.INT8 and "query" in each.name
    ]
    assert weights
    assert max(np.abs(each.astype(int)).max() for each in weights) <= 64
    found = portable.manifest.history[-1].figures["saturation"]
    assert found["reduced_range"]["saturated"] == 0 < found["full_range"]["saturated"]
    assert "saturation" not in usual.manifest.history[-1].figures


def test_graph_that_saturates_is_not_shipped_as_portable(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    notes = Notes()
    options = DynamicOptions(profile="x86-portable", reduce_range=False)
    kept = Dynamic(options, lenient.at(lenient.out, progress=notes)).run(bert, tiny_dataset)
    assert list(kept.manifest.variants) == ["fp32"]
    (gate,) = kept.manifest.history[-1].figures["gates"]
    assert not gate["passed"]
    (note,) = notes.said
    assert note.startswith("quantize: float32 stays: x86-portable needs 7 bits for weights: as ask")
    assert note.endswith("sums of two products saturate")


def test_attention_of_integers_ships_as_a_variant(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    notes = Notes()
    options = DynamicOptions(attention="int8", exclude=["*.layer.0.attention"])
    context = lenient.at(lenient.out, progress=notes)
    made = Dynamic(options, context).run(bert, tiny_dataset)
    found = Counter(node.op_type for node in onnx.load(made.variant_file("int8")).graph.node)
    float_graph = Counter(node.op_type for node in onnx.load(bert.variant_file("fp32")).graph.node)
    assert found["If"] == float_graph["Softmax"] - 1 > 0
    with load(made.path, variant="int8") as model:
        assert model.selftest().passed
    assert made.manifest.history[-1].figures["attention"] == {"texts": 30, "with_integers": 0}
    (note,) = notes.said
    assert note.endswith("no validation text has so many: no gate tells what such texts lose")


def test_products_carry_no_zeros_to_be_taken_off(
    make_quantized: MakeQuantized,
) -> None:
    quantized = make_quantized("dynamic")
    graph = onnx.load(quantized.variant_file("int8")).graph
    assert {len(node.input) for node in graph.node if node.op_type == "MatMulInteger"} == {3}
    assert not any("weight_zero_point" in each.name for each in graph.initializer)


def test_int4_embeddings_are_half_the_bytes(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    sizes = {}
    for kind in ("int8", "int4"):
        step = Dynamic(DynamicOptions(embeddings=kind), lenient.at(lenient.out.with_name(kind)))
        quantized = step.run(bert, tiny_dataset)
        graph = onnx.load(quantized.variant_file("int8")).graph
        (table,) = [
            onnx.numpy_helper.to_array(each)
            for each in graph.initializer
            if each.name.endswith("word_embeddings.weight_quantized")
        ]
        sizes[kind] = table.nbytes
        with load(quantized.path, variant="int8") as model:
            assert model.selftest().passed
    assert sizes["int4"] * 2 == sizes["int8"]


def test_int4_embeddings_are_added_where_they_cost_next_to_nothing(
    bert: Bundle, make_quantized: MakeQuantized, tiny_dataset: Dataset, lenient: Context
) -> None:
    quantized = make_quantized("dynamic")
    sizes = [quantized.variant_file(name).stat().st_size for name in ("int8", "int8-int4")]
    assert sizes[1] < sizes[0]
    assert quantized.manifest.variants["int8-int4"].weight_type == "int8, int4"
    figures = quantized.manifest.history[-1].figures
    assert figures["int4"]["note"] == "large embeddings in int4"
    assert figures["int4"]["allowed"] >= 0.25
    assert figures["int4"]["divergence"] > figures["gates"][-1]["divergence"]
    strict = lenient.at(lenient.out.with_name("strict"), gates=Gates(max_drop=0.1))
    spoilt = with_opposite_outliers(bert, lenient.out.with_name("spoilt"))
    kept = METHODS["dynamic"](strict).run(spoilt, tiny_dataset)
    assert sorted(kept.manifest.variants) == ["fp32", "int8"]
    refused = kept.manifest.history[-1].figures["int4"]
    assert (refused["passed"], refused["allowed"]) == (False, 0.025)


def test_choice_is_what_was_measured(bert: Bundle, make_quantized: MakeQuantized) -> None:
    quantized = make_quantized("dynamic")
    choice = quantized.manifest.choice["variant"]
    assert sorted(choice["p50_ms"]) == ["fp32", "int8", "int8-int4"]
    assert choice["chosen"] == quantized.manifest.chosen
    assert quantized.manifest.choice["capture"] == bert.manifest.choice["capture"]
    if quantized.manifest.chosen == "int8":
        assert choice["p50_ms"]["int8"] < 1.25 * choice["p50_ms"]["fp32"]
    for name, variant in quantized.manifest.variants.items():
        assert variant.session == choice["sessions"][name]["options"]
        duels = choice["sessions"][name]["duels"]
        assert len(duels) == len(CHANGES)
        kept = [changed for changed, found in duels.items() if found["interval"][1] < 1]
        assert len(kept) == len(variant.session)


def test_effect_of_the_batch_is_recorded(
    make_quantized: MakeQuantized,
) -> None:
    made = [make_quantized(method) for method in ("dynamic", "static")]
    found = [each.manifest.history[-1].figures["batch_effect"] for each in made]
    assert [each["texts"] for each in found] == [30, 30]
    assert found[0]["max_difference"] > found[1]["max_difference"]
    assert found[1]["max_difference"] < 1e-4
    assert all(each["agreement"] >= 1 - 1 / each["texts"] for each in found)


def with_outliers(bundle: Bundle, out: Any, **added: float) -> Bundle:
    """A bundle with a number added to the last axis' first entry of weights that end so."""
    with Bundle.create(out) as draft:
        shutil.copytree(bundle.path, draft.path, dirs_exist_ok=True)
        draft.manifest = bundle.manifest.model_copy(deep=True)
        path = draft.path / "onnx/model.onnx"
        model = onnx.load(path)
        for module, number in added.items():
            (weight,) = [
                each for each in model.graph.initializer if each.name.endswith(f"{module}.weight")
            ]
            values = onnx.numpy_helper.to_array(weight).copy()
            values[..., 0] += number
            weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
        onnx.save(model, path)
    return draft.artifact


def with_common_outlier(bundle: Bundle, out: Any) -> Bundle:
    """A bundle that answers the same, but whose head cannot be int8.

    One large number is added to a column of the classifier's weights: it moves all logits alike,
    and its size leaves int8 no steps for the differences between the labels.
    """
    return with_outliers(bundle, out, classifier=1000)


def with_opposite_outliers(bundle: Bundle, out: Any) -> Bundle:
    """A bundle that answers the same, but whose words can be int8 and cannot be int4.

    What is added to each word is taken off at each position: the sum of both stays, and in steps
    of a seventh of it all words are alike.
    """
    return with_outliers(bundle, out, word_embeddings=1.0, position_embeddings=-1.0)


def test_ladder_is_climbed_until_the_gate_passes(
    bert: Bundle, tiny_dataset: Dataset, context: Context
) -> None:
    brittle = with_common_outlier(bert, context.out.with_name("brittle"))
    quantized = METHODS["dynamic"](context.at(context.out, gates=Gates(max_drop=0.05))).run(
        brittle, tiny_dataset
    )
    gates = quantized.manifest.history[-1].figures["gates"]
    assert [(gate["note"], gate["passed"]) for gate in gates] == [
        ("as asked", False),
        ("the costliest in float32: classifier", True),
    ]
    assert gates[0]["drop"] > 0.3
    assert gates[0]["n"] == 30
    assert gates[0]["divergence"] > 10 * gates[1]["divergence"]
    costs = quantized.manifest.history[-1].figures["sensitivity"]["costs"]
    assert (costs[0]["module"], costs[0]["nodes"]) == ("classifier", ("/classifier/Gemm",))
    assert costs[0]["divergence"] > 10 * costs[1]["divergence"]
    graph = onnx.load(quantized.variant_file("int8")).graph
    assert "classifier.weight" in initializers(graph, [onnx.TensorProto.FLOAT])


def test_float_stays_where_every_rung_costs_too_much(
    bert: Bundle, tiny_dataset: Dataset, context: Context
) -> None:
    brittle = with_common_outlier(bert, context.out.with_name("brittle"))
    notes = Notes()
    options = DynamicOptions(exclude=["bert"])
    strict = context.at(context.out, gates=Gates(max_drop=0.05), progress=notes)
    kept = Dynamic(options, strict).run(brittle, tiny_dataset)
    assert kept.manifest.chosen == "fp32"
    assert list(kept.manifest.variants) == ["fp32"]
    assert "onnx/model_quantized.onnx" not in kept.manifest.files
    (note,) = notes.said
    assert note.startswith("quantize: float32 stays: int8 costs 0.")
    assert kept.manifest.choice["variant"]["chosen"] == "fp32"
    assert [gate["passed"] for gate in kept.manifest.history[-1].figures["gates"]] == [False]
    with load(kept.path) as model:
        assert model.selftest().passed


@pytest.mark.parametrize("method", [Dynamic, Static])
def test_nothing_quantized_is_an_error_and_leaves_nothing(
    method: Any, bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    with pytest.raises(ModelError, match="nothing would be quantized"):
        method(method.Options(exclude=["*"]), lenient).run(bert, tiny_dataset)
    assert list(lenient.out.parent.iterdir()) == []
