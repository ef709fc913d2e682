"""A bundle gets int8 variants that are small and answer nearly alike; they are timed."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import onnx
import pytest
from notes import Notes

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import ModelError
from edgeft.gates.sessions import CHANGES
from edgeft.quantization.profiles import own_profile
from edgeft.runtime import load
from edgeft_quantize import Dynamic, DynamicOptions, Static, StaticOptions

INTEGERS = [onnx.TensorProto.INT8, onnx.TensorProto.UINT8]
MakeQuantized = Callable[..., Bundle]


def initializers(graph: onnx.GraphProto, kinds: Iterable[int]) -> set[str]:
    return {each.name for each in graph.initializer if each.data_type in kinds and each.dims}


@pytest.mark.parametrize("method", ["dynamic", "static"])
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
    quantized = Dynamic(DynamicOptions(), lenient).run(bert, tiny_dataset)
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
        kept = [
            name for name, change in CHANGES.items() if change.items() <= variant.session.items()
        ]
        won = [", ".join(kept[: count + 1]) for count in range(len(kept))]
        upper = {name: found["interval"][1] for name, found in duels.items()}  # of 4 decimals
        assert all(upper.pop(name) <= 1 for name in won)
        assert all(rest >= 1 for rest in upper.values())


def test_effect_of_the_batch_is_recorded(
    make_quantized: MakeQuantized,
) -> None:
    made = [make_quantized(method) for method in ("dynamic", "static")]
    found = [each.manifest.history[-1].figures["batch_effect"] for each in made]
    assert [each["texts"] for each in found] == [30, 30]
    assert found[0]["max_difference"] > found[1]["max_difference"]
    assert found[1]["max_difference"] < 1e-4
    assert all(each["agreement"] >= 1 - 1 / each["texts"] for each in found)


def test_a_batch_of_one_has_the_same_answer_in_any_list(
    make_quantized: MakeQuantized, tiny_dataset: Dataset
) -> None:
    texts = list(open_split(tiny_dataset, "test")["text"])
    with load(make_quantized("dynamic").path, variant="int8") as model:
        alone = np.concatenate([model.logits([text]) for text in texts])
        np.testing.assert_array_equal(model.logits(texts, batch_size=1), alone)
        np.testing.assert_array_equal(model.logits(texts[::-1], batch_size=1), alone[::-1])


@pytest.mark.parametrize("method", [Dynamic, Static])
def test_nothing_quantized_is_an_error_and_leaves_nothing(
    method: Any, bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    with pytest.raises(ModelError, match="nothing would be quantized"):
        method(method.Options(exclude=["*"]), lenient).run(bert, tiny_dataset)
    assert list(lenient.out.parent.iterdir()) == []
