from pathlib import Path

from ruamel.yaml import YAML

from edgeft.manifests import BundleManifest
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
