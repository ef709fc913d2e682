"""The golden file: what it holds, and that a self-test finds what differs."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from edgeft.artifacts import Bundle
from edgeft.errors import BundleError
from edgeft.runtime import SelfTest, load
from edgeft.runtime.deciding import Decisions
from edgeft.runtime.golden import GOLDEN, ODD, compare, write_golden
from edgeft.runtime.manifest import Decoding


def golden_of(bundle: Path) -> dict:
    return json.loads((bundle / GOLDEN).read_text(encoding="utf-8"))


def replayed(bundle: Path, variant: str = "int8") -> SelfTest:
    with load(bundle, variant=variant, verify=False, threads=1) as model:
        return model.selftest()


def change(bundle: Path, place: int, **fields: object) -> None:
    golden = golden_of(bundle)
    golden["texts"][place] |= fields
    (bundle / GOLDEN).write_text(json.dumps(golden), encoding="utf-8")


def test_it_holds_at_least_32_texts_the_odd_ones_among_them(runtime_bundle: Bundle) -> None:
    texts = [each["text"] for each in golden_of(runtime_bundle.path)["texts"]]
    assert len(texts) >= 32
    assert texts[: len(ODD)] == list(ODD)


def test_it_holds_what_each_variant_answers_to_each_text_alone(runtime_bundle: Bundle) -> None:
    for name in ("fp32", "int8"):
        with load(runtime_bundle.path, variant=name, threads=1) as model:
            for each in golden_of(runtime_bundle.path)["texts"]:
                output = each["outputs"][name]
                np.testing.assert_allclose(
                    model.logits([each["text"]])[0], output["logits"], atol=1e-4
                )
                assert model(each["text"]).label == output["label"]


def test_float_graphs_are_held_to_a_thousandth(runtime_bundle: Bundle) -> None:
    tolerance = golden_of(runtime_bundle.path)["tolerance"]
    assert tolerance["fp32"] == 1e-3
    assert tolerance["int8"] >= 1e-2


def test_int8_may_differ_as_far_as_from_its_own_float_graph(runtime_bundle: Bundle) -> None:
    golden = golden_of(runtime_bundle.path)
    logits = {
        name: np.array([each["outputs"][name]["logits"] for each in golden["texts"]])
        for name in ("fp32", "int8")
    }
    distance = float(np.abs(logits["fp32"] - logits["int8"]).max())
    assert golden["tolerance"]["int8"] == pytest.approx(max(distance, 1e-2), abs=1e-5)


@pytest.mark.parametrize("variant", ["fp32", "int8"])
def test_an_untouched_bundle_passes(runtime_bundle: Bundle, variant: str) -> None:
    result = replayed(runtime_bundle.path, variant)
    assert result.passed
    assert result.failures == ()
    assert result.ids_equal == result.labels_equal == result.n >= 32
    assert result.max_difference < 1e-4


def test_more_threads_answer_the_same(runtime_bundle: Bundle) -> None:
    with load(runtime_bundle.path, threads=3) as model:
        assert model.selftest().passed


def test_other_logits_are_found(own_bundle: Path) -> None:
    outputs = golden_of(own_bundle)["texts"][9]["outputs"]
    outputs["int8"]["logits"] = [each + 5 for each in outputs["int8"]["logits"]]
    change(own_bundle, 9, outputs=outputs)
    result = replayed(own_bundle)
    assert not result.passed
    assert result.max_difference == pytest.approx(5, abs=1e-3)
    assert result.failures[0].startswith("1 of 36 texts have logits that differ by more than")


def test_other_token_ids_are_found(own_bundle: Path) -> None:
    change(own_bundle, 8, ids=[1, 2, 3])
    result = replayed(own_bundle)
    assert result.ids_equal == result.n - 1
    assert result.failures == (
        "1 of 36 texts have other token ids, such as 'where is my card number 0, please?'",
    )


def test_a_graph_with_other_weights_is_found(own_bundle: Path) -> None:
    shutil.copy(own_bundle / "onnx/model_quantized.onnx", own_bundle / "onnx/model.onnx")
    assert not replayed(own_bundle, "fp32").passed


def test_a_missing_golden_file_fails_without_raising(own_bundle: Path) -> None:
    (own_bundle / GOLDEN).unlink()
    result = replayed(own_bundle)
    assert not result.passed
    assert "golden.json cannot be used" in result.failures[0]


def test_a_broken_golden_file_fails_without_raising(own_bundle: Path) -> None:
    (own_bundle / GOLDEN).write_text('{"texts": [{}]}')
    assert "golden.json cannot be used: KeyError" in replayed(own_bundle).failures[0]


def test_a_closed_classifier_fails_without_raising(runtime_bundle: Bundle) -> None:
    model = load(runtime_bundle.path, threads=1)
    model.close()
    assert model.selftest().failures == (f"the model of {model.path} is closed",)


def compared(wanted: list[float], found: list[float], allowed: float) -> SelfTest:
    return compare(
        "int8",
        ["a text"],
        ([[1]], [[1]]),
        ([np.array(wanted)], [np.array(found)]),
        allowed,
        Decisions(Decoding(), ["one", "other"]),
        [()],
        [True],
    )


def test_a_label_may_change_where_the_call_was_closer_than_the_tolerance() -> None:
    result = compared([1.0, 0.99], [0.99, 1.0], 0.05)
    assert result.labels_equal == 1
    assert result.passed


def test_a_label_may_not_change_otherwise() -> None:
    result = compared([1.0, 0.5], [0.5, 1.0], 0.05)
    assert result.labels_equal == 0
    assert not result.passed


def test_logits_that_are_no_numbers_fail() -> None:
    assert not compared([1.0, 0.5], [float("nan"), 0.5], 0.05).passed


def test_too_few_texts_are_refused(own_bundle: Path, runtime_bundle: Bundle) -> None:
    with pytest.raises(BundleError) as caught:
        write_golden(own_bundle, ["one"], runtime_bundle.manifest.model_dump())
    assert caught.value.message == "1 texts make no golden file, it needs 24"
