"""Further variants get names that tell them apart, and old bundles stay readable."""

import json

import pytest

from edgeft.artifacts import Bundle
from edgeft.manifests import Variant
from edgeft.quantization.profiles import PROFILES
from edgeft.runtime.manifest import Manifest
from edgeft_quantize.variants import file_of, free_variant


def variant(kind: str, profile: str = "") -> Variant:
    return Variant(file="", kind=kind, opset=20, ir_version=10, weight_type="int8", profile=profile)


FLOAT = variant("fp32")
FIRST = variant("int8-dynamic", "x86-vnni")


@pytest.mark.parametrize(
    ("taken", "profile", "kind", "tables", "name"),
    [
        ({}, "x86-vnni", "int8-dynamic", "int8", "int8"),
        ({"int8": FIRST}, "x86-portable", "int8-dynamic", "int8", "int8-x86-portable"),
        ({"int8": FIRST}, "x86-vnni", "int8-static", "int8", "int8-static"),
        ({"int8": FIRST}, "x86-vnni", "int8-dynamic", "int4", "int8-int4"),
        ({"int8": FIRST}, "x86-vnni", "int8-dynamic", "int8", "int8-2"),
        ({"int8": FIRST, "int8-2": FIRST}, "x86-vnni", "int8-dynamic", "int8", "int8-3"),
    ],
)
def test_name_says_what_sets_a_variant_apart(
    taken: dict[str, Variant], profile: str, kind: str, tables: str, name: str
) -> None:
    assert free_variant({"fp32": FLOAT, **taken}, profile, kind, tables) == name


def test_first_stands_where_transformers_js_looks() -> None:
    assert file_of("int8") == "onnx/model_quantized.onnx"
    assert file_of("int8-arm64") == "onnx/model_int8-arm64.onnx"


def test_bundle_from_before_profiles_and_scales_is_read(tiny_bundle: Bundle) -> None:
    found = json.loads((tiny_bundle.path / "edgeft.json").read_text(encoding="utf-8"))
    assert found["variants"]["int8"].pop("profile") in PROFILES
    assert found["variants"]["int8"].pop("scales") == "per channel"
    manifest = type(tiny_bundle.manifest)
    for read in (Manifest.from_dict(found), manifest.model_validate(found)):
        assert read.variants["int8"].profile == read.variants["int8"].scales == ""
