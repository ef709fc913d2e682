import math
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from edgeft.manifests import BundleManifest, Decoding
from edgeft.report.card import model_card

WHOLE = Path(__file__).with_name("card.md")


def test_whole_card(bundle_manifest: BundleManifest) -> None:
    assert model_card(bundle_manifest) == WHOLE.read_text(encoding="utf-8")


def test_front_matter_is_what_model_hubs_read(bundle_manifest: BundleManifest) -> None:
    _, front, _ = model_card(bundle_manifest).split("---\n", 2)
    assert YAML(typ="safe", pure=True).load(front) == {
        "library_name": "edgeft",
        "pipeline_tag": "text-classification",
        "tags": ["onnx", "onnxruntime", "transformers.js", "edgeft"],
    }


def test_bundle_that_nobody_has_measured_yet_claims_no_figures(
    bundle_manifest: BundleManifest,
) -> None:
    unmeasured = bundle_manifest.model_copy(update={"metrics": {}, "benchmark": {}})
    card = model_card(unmeasured)
    assert "How well" not in card
    assert "How fast" not in card


def test_many_labels_are_counted_not_all_listed(bundle_manifest: BundleManifest) -> None:
    many = bundle_manifest.model_copy(update={"labels": [f"label {n}" for n in range(150)]})
    assert "and 50 more, in `config.json`." in model_card(many)


def test_a_browser_asks_for_every_label_where_several_may_hold(
    bundle_manifest: BundleManifest,
) -> None:
    card = model_card(bundle_manifest)
    assert 'ask("a text"))' in card and "top_k: null" not in card
    decoding = Decoding(function="sigmoid", thresholds=[0.3], temperature=2.0)
    card = model_card(bundle_manifest.model_copy(update={"decoding": decoding}))
    assert 'ask("a text", { top_k: null }))' in card
    formula = re.search(r"from the score (.*) on", card)
    assert formula is not None
    score = eval(formula[1], {"p": 0.3, "t": 2.0})
    assert 1 / (1 + math.exp(-math.log(score / (1 - score)) / 2)) == pytest.approx(0.3)


def test_a_card_says_how_scores_are_calibrated(bundle_manifest: BundleManifest) -> None:
    assert "calibrated" not in model_card(bundle_manifest)
    decoding = Decoding(temperature=0.5)
    card = model_card(bundle_manifest.model_copy(update={"decoding": decoding}))
    assert "outputs divided by 0.5, the `decoding.temperature`" in card
    formula = re.search(r"runtime's are `(.*)` divided by their sum", card)
    assert formula is not None
    logits = [2.0, 0.0]
    scores = [math.exp(each) / sum(map(math.exp, logits)) for each in logits]
    made = [eval(formula[1], {"s": score, "t": decoding.temperature}) for score in scores]
    wanted = [math.exp(each / 0.5) for each in logits]
    assert made[0] / sum(made) == pytest.approx(wanted[0] / sum(wanted))


def test_a_model_that_has_learnt_nothing_is_shipped_with_a_card_that_says_so(
    bundle_manifest: BundleManifest,
) -> None:
    metrics = bundle_manifest.metrics | {"nothing_learnt": "f1 is 0.0000"}
    card = model_card(bundle_manifest.model_copy(update={"metrics": metrics}))
    assert "**It has learnt nothing:** f1 is 0.0000.\n" in card


@pytest.mark.parametrize(
    ("function", "tag"), [("span", "question-answering"), ("identity", "text-classification")]
)
def test_the_tag_is_one_that_hubs_know(
    bundle_manifest: BundleManifest, function: str, tag: str
) -> None:
    decoding = Decoding(function=function)  # type: ignore[arg-type]
    card = model_card(bundle_manifest.model_copy(update={"decoding": decoding}))
    assert f"pipeline_tag: {tag}\n" in card


@pytest.mark.parametrize(
    ("file", "loaded"),
    [
        ("onnx/model.onnx", '{ dtype: "fp32" }'),
        ("onnx/model_quantized.onnx", '{ dtype: "q8" }'),
        ("onnx/model_int8-int4.onnx", '{ dtype: "fp32", model_file_name: "model_int8-int4" }'),
    ],
)
def test_a_browser_loads_the_file_that_the_figures_are_of(
    bundle_manifest: BundleManifest, file: str, loaded: str
) -> None:
    variant = bundle_manifest.variants["int8"].model_copy(update={"file": file})
    changes = {"variants": {"mine": variant}, "chosen": "mine"}
    card = model_card(bundle_manifest.model_copy(update=changes))
    assert f'"this-folder", {loaded});' in card and "transformers.js, the mine variant:" in card


def test_a_card_of_tags_says_that_a_browser_gets_pieces(bundle_manifest: BundleManifest) -> None:
    changes = {"decoding": Decoding(function="tags"), "labels": ["O", "B-town"]}
    assert "labels of pieces of words" in model_card(bundle_manifest.model_copy(update=changes))
    assert "labels of pieces of words" not in model_card(bundle_manifest)


def test_a_card_tells_what_the_report_tells(bundle_manifest: BundleManifest) -> None:
    assert "Before you rely on it" not in model_card(bundle_manifest)
    metrics = bundle_manifest.metrics | {"cautions": ["One text is all.", "It knows <c>."]}
    card = model_card(bundle_manifest.model_copy(update={"metrics": metrics}))
    assert "## Before you rely on it\n\n- One text is all.\n- It knows \\<c>.\n\n##" in card


def test_a_card_without_a_snippet_for_browsers_claims_none(bundle_manifest: BundleManifest) -> None:
    for decoding in (Decoding(function="span"), Decoding(pairs=True), Decoding(function="vector")):
        card = model_card(bundle_manifest.model_copy(update={"decoding": decoding}))
        assert "transformers.js" not in card
