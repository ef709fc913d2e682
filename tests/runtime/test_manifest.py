"""Reading edgeft.json: it agrees with the pydantic model, and refuses what it must."""

import json
from collections.abc import Callable
from dataclasses import MISSING, asdict, fields
from pathlib import Path

import pytest

from edgeft import manifests
from edgeft.artifacts import Bundle
from edgeft.errors import BundleError, ProviderError
from edgeft.runtime import load, manifest
from edgeft.runtime.manifest import is_inside, is_older, read_manifest, verify_files

PAIRS = [
    (manifests.BundleManifest, manifest.Manifest),
    (manifests.Variant, manifest.Variant),
    (manifests.Decoding, manifest.Decoding),
    (manifests.Pad, manifest.Pad),
    (manifests.File, manifest.File),
]


@pytest.mark.parametrize(("written", "read"), PAIRS, ids=lambda each: each.__name__)
def test_every_field_that_is_written_is_read(written: type, read: type) -> None:
    assert set(written.model_fields) == {each.name for each in fields(read)}


@pytest.mark.parametrize(("written", "read"), PAIRS[1:4], ids=lambda each: each.__name__)
def test_defaults_agree(written: type, read: type) -> None:
    for each in fields(read):
        field = written.model_fields[each.name]
        if not field.is_required():
            given = each.default_factory() if each.default is MISSING else each.default
            assert given == field.get_default(call_default_factory=True)


def test_schemas_agree() -> None:
    assert manifest.SCHEMA == manifests.SCHEMA


def test_the_runtime_reads_what_the_build_machine_wrote(runtime_bundle: Bundle) -> None:
    assert asdict(read_manifest(runtime_bundle.path)) == runtime_bundle.manifest.model_dump()


def message(path: Path, **options: bool) -> tuple[str, str]:
    with pytest.raises(BundleError) as caught:
        load(path, threads=1, **options)
    return caught.value.message, caught.value.hint


def test_no_directory_is_refused(tmp_path: Path) -> None:
    assert message(tmp_path / "nowhere") == (f"no bundle at {tmp_path}/nowhere", "check the path")
    (tmp_path / "report.md").touch()
    assert (
        message(tmp_path / "bundle")[1] == f"the run there delivered none: see {tmp_path}/report.md"
    )
    assert message(tmp_path / "nowhere")[1] == "check the path"


def test_a_directory_without_manifest_is_refused(tmp_path: Path) -> None:
    assert message(tmp_path) == (
        f"{tmp_path} is not a bundle: it has no edgeft.json",
        "name a bundle directory",
    )


def test_another_kind_is_refused(own_bundle: Path, edit: Callable[..., None]) -> None:
    edit(own_bundle, kind="checkpoint")
    assert message(own_bundle)[0] == f"{own_bundle} is a checkpoint, not a bundle"


def test_a_newer_schema_is_refused(own_bundle: Path, edit: Callable[..., None]) -> None:
    edit(own_bundle, schema_version=99)
    assert message(own_bundle) == (
        f"{own_bundle} was written in schema 99, this edgeft reads 1",
        "upgrade: pip install -U edgeft",
    )


def test_truncated_json_is_refused(own_bundle: Path) -> None:
    path = own_bundle / "edgeft.json"
    path.write_text(path.read_text()[:200])
    assert message(own_bundle)[0].startswith(f"{path} cannot be read: ")


def test_a_manifest_that_is_a_list_is_refused(own_bundle: Path) -> None:
    (own_bundle / "edgeft.json").write_text("[]")
    assert message(own_bundle)[0] == f"{own_bundle} is a list, not a bundle"


def test_a_missing_file_is_refused(own_bundle: Path) -> None:
    (own_bundle / "onnx/model.onnx").unlink()
    assert message(own_bundle)[0] == f"{own_bundle} lacks onnx/model.onnx"


def test_a_truncated_file_is_refused(own_bundle: Path) -> None:
    path = own_bundle / "onnx/model_quantized.onnx"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert message(own_bundle)[0] == (
        f"{path} has {len(whole) - 10} bytes where {len(whole)} were written"
    )


@pytest.mark.parametrize("name", ["onnx/model_quantized.onnx", "tokenizer.json", "golden.json"])
def test_a_flipped_bit_is_refused(own_bundle: Path, name: str) -> None:
    path = own_bundle / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert message(own_bundle) == (
        f"{path} is not the file that was written: its checksum differs",
        "copy or make the bundle again, whole",
    )


def test_a_graph_that_is_none_is_refused_even_unverified(own_bundle: Path) -> None:
    path = own_bundle / "onnx/model_quantized.onnx"
    path.write_bytes(b"no graph")
    assert f"cannot open {path}" in message(own_bundle, verify=False)[0]


def test_a_tokenizer_that_is_none_is_refused_even_unverified(own_bundle: Path) -> None:
    path = own_bundle / "tokenizer.json"
    path.write_text("{}")
    assert message(own_bundle, verify=False)[0].startswith(f"{path} is no tokenizer")


@pytest.mark.parametrize("name", ["onnx/model_quantized.onnx", "tokenizer.json"])
def test_a_file_that_is_used_and_lacks_is_named_even_unverified(
    own_bundle: Path, name: str
) -> None:
    (own_bundle / name).unlink()
    assert message(own_bundle, verify=False) == (
        f"{own_bundle} lacks {name}",
        "copy or make the bundle again, whole",
    )


def test_an_unknown_device_is_refused_whatever_the_graph(own_bundle: Path) -> None:
    for variant in ("fp32", None):
        with pytest.raises(ProviderError, match="unknown device 'gpu'"):
            load(own_bundle, variant=variant, device="gpu")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "onnx/../../x", "C:/x", "a\\b", "a//b", "./a", ""]
)
def test_a_file_outside_the_bundle_is_refused(
    own_bundle: Path, edit: Callable[..., None], name: str
) -> None:
    found = json.loads((own_bundle / "edgeft.json").read_text())
    edit(own_bundle, files=found["files"] | {name: {"sha256": "0", "bytes": 1}})
    assert message(own_bundle)[0].endswith(f"files: {name!r} lies outside the bundle")
    assert not is_inside(name)


def test_a_variant_outside_the_bundle_is_refused(
    own_bundle: Path, edit: Callable[..., None]
) -> None:
    found = json.loads((own_bundle / "edgeft.json").read_text())
    found["variants"]["int8"]["file"] = "../model.onnx"
    edit(own_bundle, variants=found["variants"])
    assert "'../model.onnx' lies outside the bundle" in message(own_bundle)[0]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("labels", [], "labels: there are none"),
        ("labels", ["a", "a", "b"], "labels: a name stands twice"),
        ("labels", ["a", 2], "labels.1: int where str belongs"),
        ("labels", "abc", "labels: str where list belongs"),
        ("max_length", 0, "max_length: 0 is no number of tokens"),
        ("max_length", True, "max_length: bool where int belongs"),
        ("max_length", "128", "max_length: str where int belongs"),
        ("pad", {"side": "middle"}, "pad.side: 'middle' is unknown"),
        ("decoding", {"function": "magic"}, "decoding.function: 'magic' is unknown"),
        ("decoding", {"function": "tags", "thresholds": [1.0]}, "decoding.thresholds: 1, where"),
        ("variants", {"int8": {"file": "x"}}, "variants.int8.kind is missing"),
        ("chosen", "int4", "the bundle has no variant 'int4'"),
        ("files", {}, "files: tokenizer.json is not listed"),
        ("schema_version", "two", "schema_version: str where int belongs"),
    ],
)
def test_a_wrong_field_is_named(
    own_bundle: Path, edit: Callable[..., None], field: str, value: object, says: str
) -> None:
    edit(own_bundle, **{field: value})
    assert f"{own_bundle / 'edgeft.json'}: {says}" in message(own_bundle)[0]


def test_unknown_fields_are_left_alone(own_bundle: Path, edit: Callable[..., None]) -> None:
    edit(own_bundle, invented_later={"x": 1})
    assert read_manifest(own_bundle).chosen == "int8"


def test_unverified_loading_skips_checksums(own_bundle: Path) -> None:
    (own_bundle / "README.md").write_text("not listed, not checked")
    (own_bundle / "config.json").write_text("{}")
    with load(own_bundle, verify=False, threads=1) as model:
        assert model("card").label in model.labels


def test_verify_passes_an_untouched_bundle(runtime_bundle: Bundle) -> None:
    verify_files(runtime_bundle.path, read_manifest(runtime_bundle.path))


def test_a_bundle_for_a_later_runtime_is_refused(
    own_bundle: Path, edit: Callable[..., None]
) -> None:
    edit(own_bundle, minimum_runtime="99.0")
    assert "minimum_runtime: it needs edgeft 99.0, this is " in message(own_bundle)[0]


@pytest.mark.parametrize(
    ("have", "want", "older"),
    [
        ("0.1.0", "0.1.0", False),
        ("0.9.0", "0.10.0", True),
        ("1.0", "0.10.0", False),
        ("", "1.0", False),
    ],
)
def test_versions_compare_as_numbers(have: str, want: str, older: bool) -> None:
    assert is_older(have, want) == older


def test_unknown_fields_are_left_alone_where_a_bundle_is_worked_on(
    own_bundle: Path, edit: Callable[..., None]
) -> None:
    found = json.loads((own_bundle / "edgeft.json").read_text(encoding="utf-8"))
    found["variants"]["int8"]["invented_later"] = 3
    edit(own_bundle, variants=found["variants"], invented_later=1)
    assert Bundle.open(own_bundle).variant_file("int8").is_file()


def test_card_may_be_edited_and_nothing_else(own_bundle: Path, edit: Callable[..., None]) -> None:
    found = json.loads((own_bundle / "edgeft.json").read_text(encoding="utf-8"))
    written = {"sha256": "0" * 64, "bytes": 3}
    edit(own_bundle, files=found["files"] | {"README.md": written})
    manifest = read_manifest(own_bundle)
    for edited in (own_bundle / "README.md", own_bundle / "config.json"):
        verify_files(own_bundle, manifest)
        edited.write_text("# Our own\n")
    with pytest.raises(BundleError, match=r"config\.json"):
        verify_files(own_bundle, manifest)


def test_a_bundle_for_a_later_onnxruntime_is_refused(
    own_bundle: Path, edit: Callable[..., None]
) -> None:
    edit(own_bundle, minimum_onnxruntime="99.0")
    with pytest.raises(BundleError, match=r"needs onnxruntime 99\.0, this is ") as caught:
        load(own_bundle, threads=1)
    assert caught.value.hint == "upgrade: pip install -U onnxruntime"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("bundle.zip", "unpack it, and name the folder"),
        ("model.onnx", "name the folder that edgeft.json stands in"),
    ],
)
def test_a_file_is_no_bundle(name: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"PK")
    assert message(tmp_path / name) == (f"{tmp_path / name} is a file, not a bundle", hint)
