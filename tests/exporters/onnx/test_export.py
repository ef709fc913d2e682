"""The exporter writes a whole bundle that answers as its checkpoint, or nothing at all."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from transformers import AutoTokenizer

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.errors import DataError, GateError, ModelError, OutputError
from edgeft.evaluation import logits_of
from edgeft.gates.texts import spread
from edgeft.progress import Silence
from edgeft.report.card import model_card
from edgeft.runtime import load
from edgeft.tasks.text_classification import TextClassification
from edgeft_onnx import Onnx, OnnxOptions
from edgeft_onnx.capture import STRATEGIES, trace
from edgeft_onnx.golden import given_golden

TASK = TextClassification()


class Notes(Silence):
    """Keeps what the user would read."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


def test_every_family_is_exported_as_it_answers(
    family: str,
    make_tiny_checkpoint: Callable[[str], Checkpoint],
    make_tiny_export: Callable[[str], Bundle],
    tiny_dataset: Dataset,
) -> None:
    bundle = make_tiny_export(family)
    figures = bundle.manifest.history[-1].figures
    assert figures["refused"] == {}
    assert sorted(figures["graphs"]) == ["dynamo", "trace"]
    texts = list(open_split(tiny_dataset, "test")["text"])
    wanted = logits_of(make_tiny_checkpoint(family), texts, task=TASK)
    with load(bundle.path) as model:
        np.testing.assert_allclose(model.logits(texts), wanted, atol=1e-4)
        assert model.selftest().passed


def test_bundle_is_complete(tiny_checkpoint: Checkpoint, make_tiny_export: Any) -> None:
    bundle: Bundle = make_tiny_export("bert")
    assert sorted(bundle.manifest.files) == [
        "config.json", "golden.json", "onnx/model.onnx", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    bundle.verify()
    manifest = bundle.manifest
    assert manifest.labels == tiny_checkpoint.labels
    assert manifest.inputs == ["input_ids", "attention_mask"]
    assert manifest.max_length == tiny_checkpoint.max_length
    assert manifest.minimum_onnxruntime == "1.20"
    assert manifest.chosen == "fp32"
    assert manifest.variants["fp32"].model_dump() == {
        "file": "onnx/model.onnx",
        "kind": "fp32",
        "opset": 20,
        "ir_version": 10,
        "weight_type": "float32",
        "profile": "",
        "scales": "",
        "cpu": "",
        "session": {},
    }
    assert [record.kind for record in manifest.history] == ["finetune", "export"]
    assert manifest.choice["capture"]["strategy"] in ("trace", "dynamo")
    assert manifest.choice["capture"]["rewrites"] == []
    assert "single texts, interleaved: dynamo" in manifest.choice["capture"]["reason"]


def test_graph_says_its_labels_and_limit(make_tiny_export: Any) -> None:
    bundle: Bundle = make_tiny_export("bert")
    metadata = {
        each.key: each.value for each in onnx.load(bundle.variant_file("fp32")).metadata_props
    }
    assert json.loads(metadata["edgeft.labels"]) == bundle.labels
    assert metadata["edgeft.max_length"] == str(bundle.manifest.max_length)


def test_tokenizer_has_nothing_baked_in(make_tiny_export: Any) -> None:
    bundle: Bundle = make_tiny_export("bert")
    tokenizer = json.loads((bundle.path / "tokenizer.json").read_text(encoding="utf-8"))
    assert tokenizer["truncation"] is None
    assert tokenizer["padding"] is None
    loaded = AutoTokenizer.from_pretrained(bundle.path)
    assert loaded.model_max_length == bundle.manifest.max_length


def test_golden_texts_are_validation_texts(make_tiny_export: Any, tiny_dataset: Dataset) -> None:
    bundle: Bundle = make_tiny_export("bert")
    golden = json.loads((bundle.path / "golden.json").read_text(encoding="utf-8"))
    shipped = {each["text"] for each in golden["texts"]}
    assert shipped >= set(spread(tiny_dataset, "validation", 30))
    assert not shipped & set(open_split(tiny_dataset, "test")["text"])


def test_golden_texts_may_be_given(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    """Where nobody may read those of the data."""
    file = tmp_path / "golden.txt"
    given = {f"what is fee {number}" for number in range(40)}
    file.write_text("\n\n".join([*given, *given]))
    options = OnnxOptions(golden=file, strategies=["trace"], rewrites=[])
    bundle = Onnx(options, context).run(tiny_checkpoint, tiny_dataset)
    golden = json.loads((bundle.path / "golden.json").read_text(encoding="utf-8"))
    shipped = {each["text"] for each in golden["texts"]}
    assert shipped > given
    assert len(shipped - given) < 10  # odd ones, such as an empty text
    for split in ("train", "validation"):
        assert not {*open_split(tiny_dataset, split)["text"]} & shipped
    with load(bundle.path) as model:
        assert model.selftest().passed
    assert "quotes texts of the data" not in model_card(bundle.manifest)
    file.write_text("one\n\ntwo\none\n")
    with pytest.raises(DataError, match="holds 2 different texts"):
        given_golden(file, context.task)


def test_strategy_that_fails_is_set_aside(
    monkeypatch: pytest.MonkeyPatch,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Unsupported operator aten::fold\nand a long story")

    monkeypatch.setitem(STRATEGIES, "dynamo", broken)
    notes = Notes()
    bundle = Onnx(OnnxOptions(rewrites=[]), context.at(context.out, progress=notes)).run(
        tiny_checkpoint, tiny_dataset
    )
    said = (
        "BertForSequenceClassification cannot be captured by dynamo:"
        " Unsupported operator aten::fold"
    )
    assert bundle.manifest.history[-1].figures["refused"] == {"dynamo": said}
    assert bundle.manifest.choice["capture"] == {
        "strategy": "trace",
        "rewrites": [],
        "reason": "the only graph that answers as its checkpoint",
    }
    assert notes.said == [f"export: strategy dynamo was refused: {said}"]


def test_nothing_is_written_where_no_strategy_works(
    monkeypatch: pytest.MonkeyPatch,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setitem(STRATEGIES, "trace", broken)
    with pytest.raises(ModelError, match="cannot be captured by trace"):
        Onnx(OnnxOptions(strategies=["trace"], rewrites=[]), context).run(
            tiny_checkpoint, tiny_dataset
        )
    assert list(context.out.parent.iterdir()) == []


def test_a_full_disk_is_no_fault_of_a_strategy(
    monkeypatch: pytest.MonkeyPatch,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(STRATEGIES, "trace", full)
    with pytest.raises(OutputError, match="the disk is full"):
        Onnx(OnnxOptions(rewrites=[]), context).run(tiny_checkpoint, tiny_dataset)
    assert not context.out.exists()


def test_nothing_is_written_where_the_graph_answers_otherwise(
    monkeypatch: pytest.MonkeyPatch,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
) -> None:
    def forgetful(model: Any, example: Any, opset: int, path: Path) -> None:
        model.classifier.bias.data += 1
        trace(model, example, opset, path)

    monkeypatch.setitem(STRATEGIES, "trace", forgetful)
    with pytest.raises(GateError, match=r"logits differ by 1.0e\+00"):
        Onnx(OnnxOptions(strategies=["trace"], rewrites=[]), context).run(
            tiny_checkpoint, tiny_dataset
        )
    assert list(context.out.parent.iterdir()) == []


def test_another_minimum_onnxruntime_and_opset_are_written(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    options = OnnxOptions(minimum_onnxruntime="1.17", opset=17, strategies=["trace"])
    bundle = Onnx(options, context).run(tiny_checkpoint, tiny_dataset)
    variant = bundle.manifest.variants["fp32"]
    assert (variant.opset, variant.ir_version) == (17, 9)
    assert bundle.manifest.minimum_onnxruntime == "1.17"


def test_few_texts_still_make_a_golden_file(tiny_checkpoint: Checkpoint, context: Context) -> None:
    with Dataset.create(context.out.parent / "few") as draft:
        for split, texts in {"train": ["my card", "cash"], "validation": ["transfer"]}.items():
            rows = [
                {"id": place, "text": text, "label": "card", "parent": None}
                for place, text in enumerate(texts)
            ]
            write_split(draft.path, split, rows)
            draft.manifest.rows[split] = len(rows)
        draft.manifest.labels = tiny_checkpoint.labels
    bundle = Onnx(OnnxOptions(strategies=["trace"], rewrites=[]), context).run(
        tiny_checkpoint, draft.artifact
    )
    with load(bundle.path) as model:
        found = model.selftest()
    assert found.passed
    assert found.n == 64
