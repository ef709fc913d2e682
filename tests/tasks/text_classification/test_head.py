import json
import shutil
from pathlib import Path

import pytest
import torch

from edgeft.artifacts import Checkpoint
from edgeft.errors import ModelError
from edgeft.tasks.text_classification.head import load_model


def test_new_head_has_the_labels_in_its_config(each_tiny_base: Path) -> None:
    model = load_model(each_tiny_base, ["no", "yes"])

    assert model.config.id2label == {0: "no", 1: "yes"}
    assert model.config.label2id == {"no": 0, "yes": 1}
    assert model(input_ids=torch.tensor([[2, 5, 3]])).logits.shape == (1, 2)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_head_is_kept_where_the_labels_are_the_same(tiny_checkpoint: Checkpoint) -> None:
    as_it_is = load_model(tiny_checkpoint.path)
    asked_for = load_model(tiny_checkpoint.path, list(tiny_checkpoint.labels))

    assert torch.equal(as_it_is.classifier.weight, asked_for.classifier.weight)


@pytest.mark.parametrize("labels", [["x", "y", "z"], ["a", "b"], ["transfer", "cash", "card"]])
def test_head_is_new_where_the_labels_are_others(
    labels: list[str], tiny_checkpoint: Checkpoint
) -> None:
    before = load_model(tiny_checkpoint.path)
    after = load_model(tiny_checkpoint.path, labels)

    assert after.classifier.weight.shape[0] == len(labels)
    assert not torch.equal(
        before.classifier.weight, after.classifier.weight[: len(before.classifier.weight)]
    )
    layer = "bert.encoder.layer.0.output.dense.weight"
    assert torch.equal(before.state_dict()[layer], after.state_dict()[layer])


def test_half_precision_weights_are_read_as_float32(tiny_base: Path, tmp_path: Path) -> None:
    load_model(tiny_base, ["no", "yes"]).half().save_pretrained(tmp_path)

    model = load_model(tmp_path)

    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_pickled_weights_are_refused(tiny_base: Path, tmp_path: Path) -> None:
    source = tmp_path / "model"
    shutil.copytree(tiny_base, source)
    (source / "model.safetensors").unlink()
    torch.save({}, source / "pytorch_model.bin")

    with pytest.raises(ModelError) as caught:
        load_model(source, ["no", "yes"])

    assert caught.value.message == f"{source} has no safetensors weights"
    assert "save_pretrained writes safetensors" in caught.value.hint


def test_model_with_code_of_its_own_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    source = tmp_path / "model"
    shutil.copytree(tiny_base, source)
    config = json.loads((source / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}}
    (source / "config.json").write_text(json.dumps(config))
    (source / "mine.py").write_text("raise SystemExit('ran')")

    with pytest.raises(ModelError, match="is not a model that transformers knows"):
        load_model(source, ["no", "yes"])


def test_loading_says_nothing(tiny_base: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_model(tiny_base, ["no", "yes"])

    assert capfd.readouterr() == ("", "")
