"""The parity gate lets a faithful graph pass, and finds each way in which one can be wrong."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.errors import GateError
from edgeft.gates.parity import ParityResult, compare, expect, filling
from edgeft.gates.texts import spread
from edgeft.tasks import Task
from edgeft.tasks.fill_mask import FillMask
from edgeft.tasks.text_classification import TextClassification
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import save_checkpoint

TASK = TextClassification()


@pytest.fixture
def graph(make_tiny_export: Callable[[str], Bundle]) -> onnx.ModelProto:
    return onnx.load(make_tiny_export("bert").variant_file("fp32"))


@pytest.fixture
def texts(tiny_dataset: Dataset) -> list[str]:
    return spread(tiny_dataset, "validation", 30)


def check_parity(
    checkpoint: Checkpoint, onnx_path: Path, texts: list[str], *, task: Task
) -> ParityResult:
    """Compare a graph with its checkpoint, as an exporter does."""
    model = task.load_model(checkpoint.path).eval()
    tokenizer = load_tokenizer(checkpoint.path)
    return compare(onnx_path, expect(model, tokenizer, texts, checkpoint.max_length, task))


def refused(
    checkpoint: Checkpoint,
    graph: onnx.ModelProto,
    texts: list[str],
    folder: Path,
    task: Task = TASK,
) -> str:
    """What the gate says of a graph that it must not let pass."""
    path = folder / "model.onnx"
    onnx.save(graph, path)
    with pytest.raises(GateError) as caught:
        check_parity(checkpoint, path, texts, task=task)
    assert caught.value.hint
    return caught.value.message


def test_faithful_graph_passes_and_says_how_close_it_is(
    tiny_checkpoint: Checkpoint, graph: onnx.ModelProto, texts: list[str], tmp_path: Path
) -> None:
    onnx.save(graph, tmp_path / "model.onnx")
    found = check_parity(tiny_checkpoint, tmp_path / "model.onnx", texts, task=TASK)
    assert found.max_difference < 1e-4
    assert found.padding_difference < 1e-4
    assert found.mask_effect > 0
    assert found.rows == len(texts) + 1
    assert len(found.lengths) > 3
    assert max(found.lengths) == tiny_checkpoint.max_length


def test_changed_weight_is_found(
    tiny_checkpoint: Checkpoint, graph: onnx.ModelProto, texts: list[str], tmp_path: Path
) -> None:
    bias = next(each for each in graph.graph.initializer if each.name == "classifier.bias")
    values = onnx.numpy_helper.to_array(bias) + np.float32([0, 0, 0.01])
    bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
    message = refused(tiny_checkpoint, graph, texts, tmp_path)
    assert message.endswith("logits differ by 1.0e-02, allowed is 1.0e-03")


def test_weight_that_is_no_number_is_found(
    tiny_checkpoint: Checkpoint, graph: onnx.ModelProto, texts: list[str], tmp_path: Path
) -> None:
    bias = next(each for each in graph.graph.initializer if each.name == "classifier.bias")
    values = np.float32([np.nan, 0, 0])
    bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
    assert "logits differ by nan" in refused(tiny_checkpoint, graph, texts, tmp_path)


def test_ignored_mask_is_found(
    tiny_checkpoint: Checkpoint, graph: onnx.ModelProto, texts: list[str], tmp_path: Path
) -> None:
    for node in graph.graph.node:
        for place, name in enumerate(node.input):
            if name == "attention_mask":
                node.input[place] = "ones"
    same = onnx.helper.make_node("Equal", ["attention_mask", "attention_mask"], ["same"])
    ones = onnx.helper.make_node("Cast", ["same"], ["ones"], to=onnx.TensorProto.INT64)
    nodes = [same, ones, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    message = refused(tiny_checkpoint, graph, texts, tmp_path)
    assert "logits differ" in message or "ignores its attention mask" in message


def test_graph_without_a_mask_is_found(
    tiny_checkpoint: Checkpoint, graph: onnx.ModelProto, texts: list[str], tmp_path: Path
) -> None:
    ones = onnx.helper.make_node("Equal", ["input_ids", "input_ids"], ["same"])
    cast = onnx.helper.make_node("Cast", ["same"], ["attention_mask"], to=onnx.TensorProto.INT64)
    nodes = [ones, cast, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    kept = [each for each in graph.graph.input if each.name != "attention_mask"]
    del graph.graph.input[:]
    graph.graph.input.extend(kept)
    message = refused(tiny_checkpoint, graph, texts, tmp_path)
    assert message == "the graph has no attention mask: padding would change its answers"


@pytest.mark.parametrize("text", ["where is my card " * 400, "卡" * 5000, "a", ""])
def test_the_longest_text_fills_a_row_and_is_not_much_longer(
    text: str, tiny_tokenizer_dir: Path
) -> None:
    """Two texts of many thousand tokens overflow a row in millions of ways, which fill memory."""
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    given = [(f"{text} {number}", text) for number in range(60)]
    first, second = filling(given, 32)
    assert first == second
    assert len(first) <= 8 * 32
    assert len(tokenizer(first, second, truncation=True, max_length=32)["input_ids"]) == 32


def test_frozen_size_is_found(
    tiny_checkpoint: Checkpoint, texts: list[str], tmp_path: Path
) -> None:
    from edgeft_onnx.capture import Logits, quiet

    model = TASK.load_model(tiny_checkpoint.path).eval()
    model.set_attn_implementation("eager")
    ids = torch.ones(2, 7, dtype=torch.int64)
    with quiet():
        torch.onnx.export(
            Logits(model, ["input_ids", "attention_mask"]),
            (ids, ids),
            str(tmp_path / "frozen.onnx"),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamo=False,
        )
    message = refused(tiny_checkpoint, onnx.load(tmp_path / "frozen.onnx"), texts, tmp_path)
    assert message.startswith("the graph cannot compute batch 1 of 1 x ")


def test_changed_weight_is_found_where_the_tokenizer_has_another_name_for_the_mask(
    make_tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    from edgeft_onnx.capture import STRATEGIES, example_feed

    task = FillMask()
    base = make_tiny_base("roberta")
    tokenizer = load_tokenizer(base)
    model = task.load_model(base, ["card", "cash", "transfer"]).eval()
    feed = example_feed(["input_ids", "attention_mask"], 1, len(tokenizer))
    STRATEGIES["trace"](model, feed, 17, tmp_path / "captured.onnx")
    with Checkpoint.create(tmp_path / "checkpoint") as draft:
        save_checkpoint(draft, model, tokenizer, 32, ["card", "cash", "transfer"])
    texts = [f"where is my [MASK] of {number}" for number in range(20)]
    texts.append(f"{'a long story, ' * 40} and then my [MASK] was gone")
    graph = onnx.load(tmp_path / "captured.onnx")

    found = check_parity(draft.artifact, tmp_path / "captured.onnx", texts, task=task)
    assert found.mask_effect > 0

    weight = next(each for each in graph.graph.initializer if "word_embeddings" in each.name)
    values = onnx.numpy_helper.to_array(weight) * np.float32(0.9)
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    assert "logits differ by" in refused(draft.artifact, graph, texts, tmp_path, task)
