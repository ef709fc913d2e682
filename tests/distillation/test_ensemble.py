"""Several teachers that answer as one."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from edgeft.artifacts import Checkpoint
from edgeft.data.rows import open_split
from edgeft.distillation import teacher_logits as room
from edgeft.distillation.ensemble import ensemble_outputs, open_teachers
from edgeft.distillation.teacher_logits import teacher_outputs
from edgeft.errors import ModelError


@pytest.fixture
def relabelled(teacher, tmp_path):
    """The teacher with its labels in rising order, and another bias for each."""
    out = tmp_path / "relabelled"
    shutil.copytree(teacher.path, out)
    order = [teacher.labels.index(label) for label in sorted(teacher.labels)]
    config = json.loads((out / "config.json").read_text())
    config["id2label"] = dict(enumerate(sorted(teacher.labels)))
    config["label2id"] = {label: index for index, label in config["id2label"].items()}
    (out / "config.json").write_text(json.dumps(config))
    weights = load_file(out / "model.safetensors")
    bias = weights["classifier.bias"][order] + torch.tensor([3.0, 6.0, 9.0])
    weights |= {
        "classifier.weight": weights["classifier.weight"][order].clone(),
        "classifier.bias": bias,
    }
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    manifest = teacher.manifest.model_copy(update={"labels": sorted(teacher.labels), "files": {}})
    return Checkpoint(out, manifest)


def test_logits_are_averaged_by_label_name(teacher, relabelled, topics, tmp_path, make_context):
    rows, context = open_split(topics, "validation"), make_context()
    folder = tmp_path / "cache"
    alone = teacher_outputs(teacher, rows, folder, context).values
    added = {"food": 3.0, "sport": 6.0, "tech": 9.0}
    expected = alone + np.asarray([added[label] / 2 for label in teacher.labels])
    found = ensemble_outputs([teacher, relabelled], rows, folder, context).values
    np.testing.assert_allclose(found, expected, atol=0.05)  # bf16 keeps 8 bits
    assert isinstance(found, np.memmap)


def test_the_average_is_computed_once(
    teacher, relabelled, topics, tmp_path, make_context, monkeypatch
):
    rows, context = open_split(topics, "validation"), make_context()
    first = ensemble_outputs([teacher, relabelled], rows, tmp_path / "cache", context).values
    monkeypatch.setattr(room, "said_in", None)  # calling it would fail
    second = ensemble_outputs([teacher, relabelled], rows, tmp_path / "cache", context).values
    np.testing.assert_array_equal(first, second)
    assert len(list((tmp_path / "cache").iterdir())) == 3  # of each teacher, and the average


def test_a_teacher_of_other_labels_is_refused(teacher, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(teacher.path, other)
    manifest = json.loads((other / "edgeft.json").read_text())
    (other / "edgeft.json").write_text(json.dumps(manifest | {"labels": ["food", "tech", "war"]}))
    with pytest.raises(ModelError, match=f"{other} does not know the label 'sport' of the first"):
        open_teachers([str(other)], teacher.labels)


def test_a_teacher_that_is_not_there_is_refused(teacher):
    with pytest.raises(ModelError, match="no checkpoint at nowhere"):
        open_teachers(["nowhere"], teacher.labels)
