"""The distiller, from a teacher and texts to a student's checkpoint."""

import json

import numpy as np
import pytest
import torch

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.data.rows import label_indices, open_split
from edgeft.errors import ModelError, PluginError
from edgeft.evaluation import evaluate, logits_of
from edgeft.manifests import BundleManifest
from edgeft.registry import load_plugins
from edgeft_distill import Layers, LayersOptions
from edgeft_distill import student as room

from conftest import LABELS, dataset_of, rows_of  # isort: skip

QUICK = {"epochs": 6, "learning_rate": 3e-3, "batch_size": 16, "precision": "fp32"}


def distil(teacher, data, context, **options) -> Checkpoint:
    return Layers(LayersOptions(**{**QUICK, **options}), context).run(teacher, data)


def accuracy(checkpoint, data, context) -> float:
    found = evaluate(checkpoint, data, "validation", task=context.task)
    return found.scores.metrics["accuracy"]


def test_student_of_half_the_layers_answers_as_its_teacher(teacher, data, context):
    made = context()
    student = distil(teacher, data, made, keep=2)
    assert accuracy(student, data, made) == 1.0
    assert student.labels == teacher.labels == LABELS[::-1]
    assert json.loads((student.path / "config.json").read_text())["num_hidden_layers"] == 2
    assert student.size_bytes < teacher.size_bytes
    record = student.manifest.history[-1]
    figures = record.figures
    assert (record.kind, record.method) == ("distill", "layers")
    assert record.inputs == {"teacher": teacher.digest, "data": data.digest}
    assert figures["layers"] == [0, 3]
    assert figures["layers_of"] == 4
    assert figures["parameters"] < figures["parameters_of"]
    assert figures["transfer_rows"] == {"labelled": 120, "copies": 0, "unlabelled": 60}
    assert figures["teacher_agreement"] == 1.0
    assert figures["validation"]["accuracy"] == 1.0
