"""What the other steps make of copies that have no label."""

import numpy as np
import pytest
from notes import Notes
from safetensors.numpy import load_file

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split
from edgeft_augment import Mix
from edgeft_distill import Layers, LayersOptions
from edgeft_finetune import Full
from edgeft_finetune.options import FullOptions
from edgeft_prune import Vocabulary

QUICK = {"epochs": 1, "learning_rate": 2e-3, "batch_size": 8, "precision": "fp32"}


@pytest.fixture
def mixed(topics, make_context) -> Dataset:
    """The 120 topics with a mixed copy of each."""
    made = Mix(Mix.Options(), make_context()).run(topics)
    assert open_split(made, "train")["label"][:].count(None) == 120
    return made


def test_finetuning_leaves_them_out_and_says_so(topics, mixed, make_base, make_context):
    base, notes = make_base("bert"), Notes()
    options = FullOptions(**QUICK, class_weights="balanced")
    made = Full(options, make_context(progress=notes)).run(base, mixed)
    assert notes.said == ["finetune leaves out 120 training rows without a label"]
    without = Full(options, make_context()).run(base, topics)
    found, expected = (load_file(each.path / "model.safetensors") for each in (made, without))
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in found)


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, {"labelled": 120, "copies": 120, "unlabelled": 60}),
        ({"use_unlabelled": False}, {"labelled": 120, "copies": 120, "unlabelled": 0}),
        ({"use_copies": False}, {"labelled": 120, "copies": 0, "unlabelled": 60}),
        ({"soft": 0.0}, {"labelled": 120, "copies": 0, "unlabelled": 0}),
    ],
)
def test_student_learns_from_them_with_its_teacher_alone(
    changes, counted, teacher, mixed, make_context
):
    student = Layers(LayersOptions(**QUICK, **changes), make_context()).run(teacher, mixed)
    assert student.manifest.history[-1].figures["transfer_rows"] == counted


def test_vocabulary_keeps_the_tokens_of_the_originals(teacher, topics, mixed, make_context):
    with_copies, without = (
        Vocabulary(Vocabulary.Options(), make_context()).run(teacher, data).manifest.history[-1]
        for data in (mixed, topics)
    )
    assert with_copies.figures == without.figures
