import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModel

from edgeft.architectures import known_config, trained_pooling
from edgeft.architectures.pooled import pool
from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.errors import ModelError
from edgeft.models import read_object
from edgeft.registry import Registry
from edgeft.surgery.layers import with_layers
from edgeft.surgery.neurons import narrowed, neurons_of
from edgeft.tasks.text_classification.head import load_model

LABELS = ["no", "yes"]
IDS = torch.tensor([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


@pytest.fixture
def sentence_encoder(tiny_base: Path, tmp_path: Path) -> Path:
    """A tiny encoder that says, as sentence-transformers does, that it was trained on means."""
    source = tmp_path / "encoder"
    shutil.copytree(tiny_base, source)
    (source / "1_Pooling").mkdir()
    modes = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    (source / "1_Pooling" / "config.json").write_text(json.dumps(modes))
    return source


def test_mean_leaves_padding_out_and_first_takes_the_first() -> None:
    hidden = torch.arange(12.0).reshape(2, 3, 2)
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]])

    assert pool(hidden, mask, "mean").tolist() == [[2.0, 3.0], [7.0, 8.0]]
    assert pool(hidden, mask, "first").tolist() == [[0.0, 1.0], [6.0, 7.0]]


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_the_head_reads_the_pooled_vectors_of_the_encoder(
    pooling: str, each_tiny_base: Path
) -> None:
    model = load_model(each_tiny_base, LABELS, pooling=pooling).eval()
    encoder = AutoModel.from_pretrained(each_tiny_base).eval()

    with torch.no_grad():
        found = model(IDS, attention_mask=MASK).logits
        hidden = encoder(IDS, attention_mask=MASK).last_hidden_state
    vectors = hidden[:, 0]
    if pooling == "mean":
        vectors = torch.stack(
            [row[: int(keep.sum())].mean(0) for row, keep in zip(hidden, MASK, strict=True)]
        )
    torch.testing.assert_close(found, vectors @ model.classifier.weight.T + model.classifier.bias)
    assert model.config.id2label == dict(enumerate(LABELS))
    assert not [name for name, _ in model.named_parameters() if "pooler" in name]


def test_a_saved_model_is_found_by_any_process(
    each_tiny_base: Path,
    tmp_path: Path,
    logits_elsewhere: Callable[[Path, torch.Tensor], torch.Tensor],
) -> None:
    model = load_model(each_tiny_base, LABELS, pooling="mean").eval()
    model.save_pretrained(tmp_path)
    with torch.no_grad():
        assert logits_elsewhere(tmp_path, IDS).allclose(model(IDS).logits, atol=1e-6)


def test_a_pooled_head_can_be_asked_to_read_something_else(
    each_tiny_base: Path, tmp_path: Path
) -> None:
    model = load_model(each_tiny_base, LABELS, pooling="mean")
    model.save_pretrained(tmp_path)

    other = load_model(tmp_path, pooling="first")

    assert other.config.pooling == "first"
    assert torch.equal(other.classifier.weight, model.classifier.weight)
    assert load_model(tmp_path).config.pooling == "mean"


def test_layers_and_neurons_can_be_taken_away(each_tiny_base: Path) -> None:
    model = load_model(each_tiny_base, LABELS, pooling="mean")

    short, _ = with_layers(model, [0, 3])
    small = narrowed(short, [torch.rand(neurons_of(short)) for _ in range(2)], 16)

    assert type(small) is type(model)
    assert neurons_of(small) == 16
    assert small(IDS, attention_mask=MASK).logits.shape == (2, 2)


def test_what_is_computed_on_the_way_can_be_matched(each_tiny_base: Path) -> None:
    model = load_model(each_tiny_base, LABELS, pooling="mean", attn_implementation="eager").eval()

    found = model(IDS, attention_mask=MASK, output_hidden_states=True, output_attentions=True)

    assert len(found.hidden_states) == len(found.attentions) + 1 == 5


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_sentence_encoder_is_finetuned_on_the_pooling_it_was_trained_with(
    method: str, sentence_encoder: Path, tiny_dataset: Dataset, registry: Registry, context: Context
) -> None:
    checkpoint = finetuned(sentence_encoder, tiny_dataset, registry, context, method)

    assert load_model(checkpoint.path).config.pooling == "mean"


@pytest.mark.parametrize("asked", ["own", "first"])
def test_the_pooling_that_is_asked_for_is_taken(
    asked: str,
    sentence_encoder: Path,
    tiny_dataset: Dataset,
    registry: Registry,
    context: Context,
) -> None:
    checkpoint = finetuned(sentence_encoder, tiny_dataset, registry, context, pooling=asked)

    assert getattr(load_model(checkpoint.path).config, "pooling", "own") == asked


def test_another_model_keeps_its_own_classifier(tiny_base: Path) -> None:
    assert trained_pooling(tiny_base) is None


@pytest.mark.parametrize("asked", [None, "mean"])
def test_a_student_reads_the_first_token_unless_told_otherwise(
    asked: str | None,
    sentence_encoder: Path,
    tiny_dataset: Dataset,
    registry: Registry,
    context: Context,
    tmp_path: Path,
) -> None:
    teacher = finetuned(sentence_encoder, tiny_dataset, registry, context)
    values = {"keep": 1, "epochs": 1} | ({"pooling": asked} if asked else {})
    there = Context(out=tmp_path / "student", task=context.task, seed=0, device="cpu")
    options = registry.options("distill", "layers", values)

    student = registry.step("distill", "layers")(options, there).run(teacher, tiny_dataset)

    assert load_model(student.path).config.pooling == (asked or "first")


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_a_bundle_of_it_reads_like_any_other(
    pooling: str,
    sentence_encoder: Path,
    tiny_dataset: Dataset,
    registry: Registry,
    context: Context,
    tmp_path: Path,
) -> None:
    checkpoint = finetuned(sentence_encoder, tiny_dataset, registry, context, pooling=pooling)
    there = Context(out=tmp_path / "bundle", task=context.task, seed=0, device="cpu")
    options = registry.options("export", "onnx", {"strategies": ["trace"]})

    bundle = registry.step("export", "onnx")(options, there).run(checkpoint, tiny_dataset)

    config = read_object(bundle.path, "config.json")
    assert config["model_type"] == "bert"
    assert "architectures" not in config
    assert sorted(config["id2label"].values()) == sorted(tiny_dataset.labels)


def test_configurations_that_others_know_stay_as_they_are(tiny_base: Path) -> None:
    assert known_config(tiny_base) == read_object(tiny_base, "config.json")


@pytest.mark.parametrize(
    ("written", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "first"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, None),
        ({"pooling_mode_lasttoken": True}, None),
        ({"pooling_mode": "mean", "include_prompt": True}, "mean"),
        ({"pooling_mode": "cls"}, "first"),
        ({"pooling_mode": ["mean", "cls"]}, None),
    ],
)
def test_both_forms_in_which_sentence_encoders_say_their_pooling_are_read(
    written: dict[str, Any], pooling: str | None, sentence_encoder: Path
) -> None:
    (sentence_encoder / "1_Pooling" / "config.json").write_text(json.dumps(written))
    assert trained_pooling(sentence_encoder) == pooling


def test_a_model_without_an_encoder_is_refused(tmp_path: Path) -> None:
    config = {"model_type": "bart", "is_encoder_decoder": True, "num_labels": 2}
    (tmp_path / "config.json").write_text(json.dumps(config))

    with pytest.raises(ModelError, match="no token vectors of an encoder"):
        load_model(tmp_path, LABELS, pooling="mean")


def finetuned(
    base: Path,
    data: Dataset,
    registry: Registry,
    context: Context,
    method: str = "full",
    **values: Any,
) -> Checkpoint:
    options = registry.options("finetune", method, {"epochs": 1, "precision": "fp32"} | values)
    made: Checkpoint = registry.step("finetune", method)(options, context).run(base, data)
    return made
