"""Looking into a bundle: parts, types, operations, and what can run it."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.inspection import Inspection, inspect_bundle, notes, oldest_of, part_named
from edgeft.manifests import Variant
from edgeft.onnxfile import OnnxFile
from edgeft.runtime.versions import oldest_onnxruntime


@pytest.fixture(scope="module")
def inspection(tiny_bundle: Bundle) -> Inspection:
    return inspect_bundle(tiny_bundle.path)


def test_it_says_what_the_manifest_says(inspection: Inspection, tiny_bundle: Bundle) -> None:
    assert inspection.labels == tiny_bundle.labels
    assert inspection.chosen == tiny_bundle.manifest.chosen
    assert inspection.size_bytes == tiny_bundle.size_bytes
    assert set(inspection.files) == set(tiny_bundle.manifest.files)
    assert list(inspection.variants) == list(tiny_bundle.manifest.variants)


def test_parts_add_up_to_all_weights(inspection: Inspection) -> None:
    for graph in inspection.variants.values():
        assert sum(graph.parts.values()) == sum(graph.weight_types.values())


def test_parts_of_the_float_graph_are_those_of_the_torch_model(
    inspection: Inspection, make_tiny_checkpoint: Callable[[str], Checkpoint]
) -> None:
    from safetensors import safe_open

    wanted = dict.fromkeys(["embeddings", "attention", "feed-forward", "head"], 0)
    path = make_tiny_checkpoint("bert").path / "model.safetensors"
    with safe_open(path, "numpy") as weights:
        for name in weights.keys():  # noqa: SIM118
            part = part_named(name)
            wanted[part] += weights.get_tensor(name).nbytes
    found = inspection.variants["fp32"].parts
    for part, size in wanted.items():
        assert found[part] == pytest.approx(size, rel=0.1, abs=2000)


def test_weights_of_the_int8_graph_are_mostly_int8(inspection: Inspection) -> None:
    types = inspection.variants["int8"].weight_types
    assert types["int8"] + types.get("uint8", 0) > 0.5 * sum(types.values())
    assert inspection.variants["int8"].parameters == pytest.approx(
        inspection.variants["fp32"].parameters, rel=0.1
    )


def test_the_int8_graph_says_that_it_runs_on_the_cpu(inspection: Inspection) -> None:
    assert "int8: no CUDA kernels, so it runs on the CPU" in inspection.variants["int8"].notes
    assert inspection.variants["fp32"].notes == []


def test_free_dimensions_are_names(inspection: Inspection) -> None:
    for graph in inspection.variants.values():
        assert all(isinstance(size, str) for each in graph.inputs for size in each.shape)


@pytest.mark.parametrize("family", ["distilbert", "roberta", "electra", "deberta-v2", "modernbert"])
@pytest.mark.parametrize("name", ["embeddings", "attention", "feed-forward", "head"])
def test_every_part_is_found_in_every_family(
    family: str, name: str, make_tiny_checkpoint: Callable[[str], Checkpoint]
) -> None:
    from safetensors import safe_open

    path = make_tiny_checkpoint(family).path / "model.safetensors"
    with safe_open(path, "numpy") as weights:
        parts = {part_named(weight) for weight in weights.keys()}  # noqa: SIM118
    assert name in parts


@pytest.mark.parametrize(
    ("names", "part"),
    [
        ("bert.embeddings.word_embeddings.weight", "embeddings"),
        ("/bert/encoder/layer.0/attention/self/query/MatMul_quant", "attention"),
        ("bert.encoder.layer.0.attention.output.LayerNorm.bias", "attention"),
        ("bert.encoder.layer.11.output.dense.weight", "feed-forward"),
        ("distilbert.transformer.layer.0.output_layer_norm.weight", "feed-forward"),
        ("distilbert.transformer.layer.0.sa_layer_norm.weight", "attention"),
        ("deberta.encoder.rel_embeddings.weight", "embeddings"),
        ("model.layers.3.mlp.Wi.weight", "feed-forward"),
        ("head.dense.weight", "head"),
        ("/head/dense/MatMul", "head"),
        ("classifier.out_proj.bias", "head"),
        ("model.final_norm.weight", None),
        ("onnx::MatMul_204", None),
    ],
)
def test_a_name_tells_its_part(names: str, part: str | None) -> None:
    assert part_named(names) == part


@pytest.mark.parametrize(
    ("opset", "ir_version", "release"),
    [(17, 8, "1.17"), (21, 10, "1.18"), (17, 11, "1.23"), (99, 10, ""), (17, 99, "")],
)
def test_the_oldest_release_is_found(opset: int, ir_version: int, release: str) -> None:
    assert oldest_onnxruntime(opset, ir_version) == release


def noted(installed: str = "1.31.1", **fields: object) -> list[str]:
    found = OnnxFile(ir_version=10, opsets={"": 21}, **fields)
    variant = Variant(file="m", kind="fp32", opset=21, ir_version=10, weight_type="float32")
    return notes(found, variant, installed, oldest_of(found, "1.20"))


def test_an_older_onnxruntime_here_is_noted() -> None:
    assert noted("1.19.2") == ["onnxruntime 1.19.2 is installed here, it needs 1.20 or newer"]
    assert noted("1.20.0") == []


@pytest.mark.parametrize(
    ("ir_version", "made_for", "oldest"),
    [(10, "1.20", "1.20"), (10, "", "1.18"), (11, "1.20", "1.23"), (99, "1.20", "")],
)
def test_a_graph_needs_what_it_was_made_for_or_newer(
    ir_version: int, made_for: str, oldest: str
) -> None:
    assert oldest_of(OnnxFile(ir_version=ir_version, opsets={"": 21}), made_for) == oldest


def test_a_manifest_that_says_otherwise_is_noted(own_tiny_bundle: Path) -> None:
    path = own_tiny_bundle / "edgeft.json"
    path.write_text(path.read_text().replace('"ir_version": ', '"ir_version": 1'))
    [graph, *_] = inspect_bundle(own_tiny_bundle).variants.values()
    assert any(note.startswith("edgeft.json says opset") for note in graph.notes)


def test_a_damaged_graph_is_named_and_the_others_are_shown(
    own_tiny_bundle: Path, tiny_bundle: Bundle
) -> None:
    path = own_tiny_bundle / tiny_bundle.manifest.variants["fp32"].file
    whole = path.read_bytes()
    path.write_bytes(whole[:500])
    found = inspect_bundle(own_tiny_bundle)
    assert found.complaints == [f"{path} has 500 bytes where {len(whole)} were written"]
    assert list(found.variants) == list(tiny_bundle.manifest.variants)[1:]


def test_a_graph_that_was_written_damaged_is_named(own_tiny_bundle: Path) -> None:
    path = own_tiny_bundle / "onnx" / "model.onnx"
    path.write_bytes(path.read_bytes()[:500])
    with Bundle.create(own_tiny_bundle.with_name("sealed")) as draft:
        shutil.copytree(own_tiny_bundle, draft.path, dirs_exist_ok=True)
        draft.manifest = Bundle.open(own_tiny_bundle).manifest
    (complaint,) = inspect_bundle(own_tiny_bundle.with_name("sealed")).complaints
    assert "is no whole ONNX file" in complaint


@pytest.fixture
def own_tiny_bundle(tiny_bundle: Bundle, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_bundle.path, tmp_path / "bundle")


def test_it_needs_neither_onnx_nor_onnxruntime(tiny_bundle: Bundle) -> None:
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['onnx', 'torch', 'transformers']))\n"
        "from edgeft.inspection import inspect_bundle\n"
        f"print(inspect_bundle({str(tiny_bundle.path)!r}).chosen)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == tiny_bundle.manifest.chosen
