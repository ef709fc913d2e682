"""A variant that costs too much is mended, or does not ship."""

import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from notes import Notes

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.gates import GateResult
from edgeft.options import Gates
from edgeft.quantization.codes import FEWEST_ROWS
from edgeft.runtime import load
from edgeft.training.counting import counted
from edgeft.training.encoding import load_tokenizer
from edgeft_quantize import Dynamic, DynamicOptions
from edgeft_quantize.quantize import perhaps_for_nothing

MakeQuantized = Callable[..., Bundle]


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


def test_refused_variant_leaves_the_earlier_ones(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    brittle = with_common_outlier(bert, lenient.out.with_name("brittle"))
    first = Dynamic(DynamicOptions(), lenient).run(brittle, tiny_dataset)
    strict = lenient.at(lenient.out.with_name("second"), gates=Gates(max_drop=0.05))
    second = Dynamic(DynamicOptions(exclude=["bert"]), strict).run(first, tiny_dataset)
    assert sorted(second.manifest.variants) == ["fp32", "int8", "int8-int4"]
    assert second.manifest.chosen == first.manifest.chosen
    assert second.manifest.choice == first.manifest.choice
    second.verify()


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
    kept = Dynamic(DynamicOptions(), strict).run(spoilt, tiny_dataset)
    assert sorted(kept.manifest.variants) == ["fp32", "int8"]
    refused = kept.manifest.history[-1].figures["int4"]
    assert (refused["passed"], refused["allowed"]) == (False, 0.025)


def with_many_words(bundle: Bundle, out: Any) -> Bundle:
    """A bundle that answers the same, with words beyond those that its tokenizer knows."""
    with Bundle.create(out) as draft:
        shutil.copytree(bundle.path, draft.path, dirs_exist_ok=True)
        draft.manifest = bundle.manifest.model_copy(deep=True)
        path = draft.path / "onnx/model.onnx"
        model = onnx.load(path)
        (weight,) = [
            each for each in model.graph.initializer if "word_embeddings.weight" in each.name
        ]
        known = onnx.numpy_helper.to_array(weight)
        others = np.random.default_rng(0).normal(size=(2 * FEWEST_ROWS[4], known.shape[1]))
        table = np.concatenate([known, others.astype(np.float32)])
        weight.CopyFrom(onnx.numpy_helper.from_array(table, weight.name))
        onnx.save(model, path)
    return draft.artifact


def test_codes_are_added_where_a_budget_of_bytes_asks_for_less_than_int4(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    large = with_many_words(bert, lenient.out.with_name("large"))
    free = lenient.at(lenient.out.with_name("free"))
    first = Dynamic(DynamicOptions(), free).run(large, tiny_dataset)
    assert sorted(first.manifest.variants) == ["fp32", "int8", "int8-int4"]
    most = first.variant_file("int8-int4").stat().st_size / 1e6
    for allowed, kinds in ((most, []), (0.9 * most, ["int8-pq"])):
        bound = lenient.at(
            lenient.out.with_name(f"{allowed}"), gates=Gates(max_drop=1, max_size_mb=allowed)
        )
        quantized = Dynamic(DynamicOptions(), bound).run(large, tiny_dataset)
        assert sorted(quantized.manifest.variants) == ["fp32", "int8", "int8-int4", *kinds]
    assert quantized.manifest.chosen == "int8-pq"
    assert quantized.manifest.variants["int8-pq"].weight_type == "int8, pq"
    sizes = {name: quantized.variant_file(name).stat().st_size for name in ("int8-int4", "int8-pq")}
    assert sizes["int8-pq"] < sizes["int8-int4"]
    figures = quantized.manifest.history[-1].figures
    assert figures["pq"]["note"] == "large embeddings in pq"
    assert figures["pq"]["divergence"] > figures["int4"]["divergence"]
    with load(quantized.path, variant="int8-pq") as model:
        assert model.selftest().passed


def test_codes_that_were_asked_for_are_what_ships(
    bert: Bundle, tiny_dataset: Dataset, lenient: Context
) -> None:
    large = with_many_words(bert, lenient.out.with_name("large"))
    asked = Dynamic(DynamicOptions(embeddings="pq"), lenient).run(large, tiny_dataset)
    assert {name: each.weight_type for name, each in asked.manifest.variants.items()} == {
        "fp32": "float32", "int8": "int8, pq",
    }  # fmt: skip
    held = {each.name: each for each in onnx.load(asked.variant_file("int8")).graph.initializer}
    (often,) = [each for name, each in held.items() if name.endswith("_often_quantized")]
    counts = counted(load_tokenizer(large.path), tiny_dataset, lenient)
    assert often.dims[0] == np.count_nonzero(counts) // 10 > 0


def test_ladder_is_climbed_until_the_gate_passes(
    bert: Bundle, tiny_dataset: Dataset, context: Context
) -> None:
    brittle = with_common_outlier(bert, context.out.with_name("brittle"))
    strict = context.at(context.out, gates=Gates(max_drop=0.05))
    quantized = Dynamic(DynamicOptions(), strict).run(brittle, tiny_dataset)
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
    (weight,) = [each for each in graph.initializer if each.name == "classifier.weight"]
    assert weight.data_type == onnx.TensorProto.FLOAT


def gate(n: int, drop: float, low: float, note: str, passed: bool) -> GateResult:
    return GateResult(
        step="quantize dynamic",
        metric="accuracy",
        reference=0.9,
        candidate=0.9 - drop,
        drop=drop,
        interval=(low, drop + 0.05),
        n=n,
        allowed=0.01,
        passed=passed,
        note=note,
    )


def test_a_ladder_that_noise_may_have_climbed_is_told() -> None:
    asked = gate(25, 0.04, -0.04, "as asked", False)
    finer = gate(25, 0.0, 0.0, "the costliest in float32: 5 modules", True)
    assert perhaps_for_nothing([asked, finer]) == (
        "the costliest in float32: 5 modules, since int8 as asked lost 0.0400 accuracy on 25"
        " validation texts. So few cannot tell that from no loss: with a few hundred the file may"
        " be smaller"
    )
    assert not perhaps_for_nothing([finer])
    assert not perhaps_for_nothing([gate(25, 0.01, -0.04, "as asked", False), finer])
    assert not perhaps_for_nothing([gate(900, 0.04, 0.02, "as asked", False), finer])
    assert not perhaps_for_nothing([asked, gate(25, 0.04, -0.04, "head in float32", False)])


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
