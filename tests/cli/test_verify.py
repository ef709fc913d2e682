"""`edgeft verify`: a whole bundle passes, and every kind of damage is named."""

import json
import shutil

import pytest


@pytest.fixture
def copy(tiny_bundle, tmp_path):
    """A bundle that a test may damage."""
    shutil.copytree(tiny_bundle.path, tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_whole_bundle_passes(edgeft, copy):
    done = edgeft("verify", copy)

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{copy}: whole, and ")


def test_verify_as_json_tells_what_was_compared(edgeft, copy):
    found = json.loads(edgeft("verify", copy, "--json").out)

    assert found["n"] >= 32
    assert found["labels_equal"] == found["ids_equal"] == found["n"]
    assert found["provider"] == "CPUExecutionProvider"


def test_every_variant_can_be_verified(edgeft, copy, tiny_bundle):
    for variant in tiny_bundle.manifest.variants:
        done = edgeft("verify", copy, "--variant", variant)
        assert done.code == 0
        assert f"({variant}, CPUExecutionProvider" in done.out


def refused(edgeft, copy, *arguments):
    done = edgeft("verify", copy, *arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 2)
    return [line.partition(": ")[2] for line in done.last_two]


def test_a_changed_file_is_named(edgeft, copy):
    path = copy / "tokenizer.json"
    path.write_text(path.read_text().replace("card", "dark"))
    error, _ = refused(edgeft, copy)
    assert "tokenizer.json" in error


def test_a_truncated_graph_is_named(edgeft, copy, tiny_bundle):
    graph = copy / tiny_bundle.manifest.variants[tiny_bundle.manifest.chosen].file
    graph.write_bytes(graph.read_bytes()[:-100])
    error, _ = refused(edgeft, copy)
    assert graph.name in error


def test_a_missing_file_is_named(edgeft, copy):
    (copy / "golden.json").unlink()
    error, _ = refused(edgeft, copy)
    assert "golden.json" in error


def test_a_newer_schema_is_refused(edgeft, copy):
    path = copy / "edgeft.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "schema_version": 99}))
    error, hint = refused(edgeft, copy)
    assert "99" in error
    assert "upgrade" in hint


def test_a_manifest_that_was_cut_off_is_refused(edgeft, copy):
    path = copy / "edgeft.json"
    path.write_text(path.read_text()[:200])
    error, _ = refused(edgeft, copy)
    assert "edgeft.json" in error


def test_a_directory_that_is_no_bundle_is_refused(edgeft, tmp_path):
    (tmp_path / "folder").mkdir()
    error, _ = refused(edgeft, tmp_path / "folder")
    assert str(tmp_path / "folder") in error


def test_other_answers_than_on_the_build_machine_fail(edgeft, copy):
    """A golden file of another model, whose checksum the manifest was made to agree with."""
    from edgeft.artifacts import sha256

    golden, manifest = copy / "golden.json", copy / "edgeft.json"
    found = json.loads(golden.read_text())
    for text in found["texts"]:
        for output in text["outputs"].values():
            output["logits"] = [-10 * value for value in output["logits"]]
    golden.write_text(json.dumps(found))
    facts = json.loads(manifest.read_text())
    facts["files"]["golden.json"] = {"sha256": sha256(golden), "bytes": golden.stat().st_size}
    manifest.write_text(json.dumps(facts))

    error, hint = refused(edgeft, copy)
    assert "answers otherwise than on its build machine" in error
    assert hint.startswith("try --variant fp32")


def test_cuda_that_cannot_be_had_is_named(edgeft, copy):
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    error, hint = refused(edgeft, copy, "--device", "cuda", "--variant", "fp32")
    assert "CUDA" in error
    assert "onnxruntime-gpu" in hint


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("verify", "bundle: it has no edgeft.json"),
        ("bench", "checkpoint: no readable config.json"),
    ],
)
def test_a_run_in_the_place_of_its_bundle(edgeft, copy, tmp_path, command, what):
    assert edgeft(command, tmp_path).last_two == [
        f"error: {tmp_path} is not a {what}",
        f"hint: name {copy}",
    ]
