"""`edgeft inspect`: what a bundle is made of, for people and for scripts."""

import json
import re
import shutil

from edgeft.inspection import inspect_bundle


def test_inspect_shows_every_file_and_graph(edgeft, tiny_bundle):
    done = edgeft("inspect", tiny_bundle.path)
    found = inspect_bundle(tiny_bundle.path)

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{tiny_bundle.path}: text-classification, ")
    assert re.search(r"\n  labels +3: card, cash, transfer\n", done.out)
    for name, graph in found.variants.items():
        assert f"\n{name}: {graph.file}, {graph.kind}, " in done.out
        assert f"operations    {graph.nodes}: " in done.out
        assert f"opset         {graph.opset}, IR version {graph.ir_version}" in done.out
    for name in found.files:
        assert f"  {name} " in done.out


def test_inspect_as_json_is_the_whole_inspection(edgeft, tiny_bundle):
    found = json.loads(edgeft("inspect", tiny_bundle.path, "--json").out)
    assert found == inspect_bundle(tiny_bundle.path).model_dump(mode="json")


def test_inspect_needs_no_package_but_the_base_ones(edgeft, edgeft_process, tiny_bundle):
    heavy = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'datasets', 'pyarrow', 'sklearn', 'onnx', 'peft'):\n"
        "    sys.modules[name] = None\n"
    )
    done = edgeft_process("inspect", tiny_bundle.path, prelude=heavy)
    assert (done.code, done.err) == (0, "")
    assert done.out == edgeft("inspect", tiny_bundle.path).out


def test_a_changed_byte_is_told_after_what_can_be_shown(edgeft, tiny_bundle, tmp_path):
    bundle = shutil.copytree(tiny_bundle.path, tmp_path / "bundle")
    path = bundle / tiny_bundle.manifest.variants["fp32"].file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    done = edgeft("inspect", bundle)

    assert done.code == 1
    assert done.out == edgeft("inspect", tiny_bundle.path).out.replace(
        str(tiny_bundle.path), str(bundle)
    )
    assert done.err.splitlines() == [
        f"error: {path} is not the file that was written: its checksum differs",
        "hint: copy or make the bundle again, whole",
    ]


def test_files_that_are_missing_or_changed_are_counted(edgeft, tiny_bundle, tmp_path):
    bundle = shutil.copytree(tiny_bundle.path, tmp_path / "bundle")
    (bundle / "config.json").unlink()
    (bundle / tiny_bundle.manifest.variants["int8"].file).unlink()
    done = edgeft("inspect", bundle, "--json")

    assert done.code == 1
    others = [name for name in tiny_bundle.manifest.variants if name != "int8"]
    assert list(json.loads(done.out)["variants"]) == others
    assert done.last_two[0] == f"error: {bundle} lacks config.json (and 1 more)"


def test_inspect_of_a_checkpoint_is_refused(edgeft, tiny_checkpoint):
    done = edgeft("inspect", tiny_checkpoint.path)

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {tiny_checkpoint.path} is a checkpoint, not a bundle",
            "hint: name a bundle directory",
        ],
    )


def test_inspect_shows_the_thresholds_that_answers_depend_on(edgeft, make_every_task):
    bundle = make_every_task("multi-label-classification").bundle
    found = inspect_bundle(bundle)
    assert set(found.thresholds) == set(found.labels)
    first = found.labels[0]
    shown = rf"\n  thresholds +{first} {found.thresholds[first]:g}"
    assert re.search(shown, edgeft("inspect", bundle).out)


def test_what_no_device_loads_is_told_and_an_edited_card_is_no_fault(edgeft, tiny_bundle, tmp_path):
    copy = tmp_path / "bundle"
    shutil.copytree(tiny_bundle.path, copy)
    manifest = json.loads((copy / "edgeft.json").read_text(encoding="utf-8"))
    manifest["files"]["README.md"] = {"sha256": "0" * 64, "bytes": 3}
    (copy / "README.md").write_text("# Our own card\n", encoding="utf-8")
    (copy / "edgeft.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert edgeft("inspect", copy).code == 0
    (copy / "edgeft.json").write_text(json.dumps(manifest | {"max_length": 0}), encoding="utf-8")
    done = edgeft("inspect", copy)
    assert (done.code, done.last_two[0]) == (
        1,
        f"error: {copy / 'edgeft.json'}: max_length: 0 is no number of tokens",
    )
