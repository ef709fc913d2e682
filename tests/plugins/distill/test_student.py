"""The distiller, from a teacher and texts to a student's checkpoint."""

import json

import pytest

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.data.rows import open_split
from edgeft.errors import ModelError, PluginError
from edgeft.evaluation import evaluate
from edgeft.manifests import BundleManifest
from edgeft.registry import load_plugins
from edgeft.training.encoding import load_tokenizer
from edgeft_distill import Layers, LayersOptions, teacher_logits

QUICK = {"epochs": 6, "learning_rate": 3e-3, "batch_size": 16, "precision": "fp32"}


def distil(teacher, data, context, **options) -> Checkpoint:
    return Layers(LayersOptions(**{**QUICK, **options}), context).run(teacher, data)


def accuracy(checkpoint, data, context) -> float:
    found = evaluate(checkpoint, data, "validation", task=context.task)
    return found.scores.metrics["accuracy"]


def test_student_of_half_the_layers_answers_as_its_teacher(teacher, data, context):
    made = context()
    student = distil(teacher, data, made)
    assert accuracy(student, data, made) == 1.0
    assert json.loads((student.path / "config.json").read_text())["num_hidden_layers"] == 2
    assert student.size_bytes < teacher.size_bytes
    record = student.manifest.history[-1]
    assert (record.kind, record.method) == ("distill", "layers")
    assert record.inputs == {"teacher": teacher.digest, "data": data.digest}


def test_history_says_what_the_step_measured(teacher, data, context):
    figures = distil(teacher, data, context(), keep=[0, 2]).manifest.history[-1].figures
    assert figures["layers"] == [0, 2]
    assert figures["layers_of"] == 4
    assert figures["parameters"] < figures["parameters_of"]
    assert figures["transfer_rows"] == {"labelled": 120, "copies": 0, "unlabelled": 60}
    assert figures["validation"]["accuracy"] == 1.0
    assert figures["validation_rows"] == 30
    assert figures["teacher_agreement"] == 1.0
    assert figures["teacher_seconds"] > 0
    assert figures["training_seconds"] > 0


def test_labels_find_their_logits_by_name(teacher, data, context):
    assert teacher.labels == data.labels[::-1]
    for weights in ({"soft": 1.0, "hard": 0.0}, {"soft": 0.0, "hard": 1.0}):
        made = context()
        student = distil(teacher, data, made, **weights)
        config = json.loads((student.path / "config.json").read_text())
        assert student.labels == list(config["id2label"].values()) == teacher.labels
        assert accuracy(student, data, made) == 1.0


def test_a_student_with_another_tokenizer_learns_from_texts(teacher, data, context, small_model):
    made = context()
    student = distil(teacher, data, made, student=str(small_model), epochs=10)
    text = open_split(data, "validation")[0]["text"]
    ids = [load_tokenizer(path)(text)["input_ids"] for path in (teacher.path, student.path)]
    assert ids[0] != ids[1]
    assert student.labels == teacher.labels
    assert accuracy(student, data, made) == 1.0
    assert student.manifest.history[-1].figures["layers"] == [0, 1]
    assert student.manifest.history[-1].inputs["student"] == str(small_model)


def test_layers_can_be_kept_of_the_model_to_start_from(teacher, data, context, small_model):
    student = distil(teacher, data, context(), student=str(small_model), keep=1, epochs=1)
    assert student.manifest.history[-1].figures["layers"] == [0]


def test_plain_student_is_the_same_without_teacher_copies_and_pool(teacher, data, context):
    options = LayersOptions(**QUICK, keep=2, hard=0.1, temperature=5)
    plain = Layers(options, None).plain()
    assert plain.keep == 2
    assert plain.epochs == options.epochs
    made = context()
    figures = Layers(plain, made).run(teacher, data).manifest.history[-1].figures
    assert figures["transfer_rows"] == {"labelled": 120, "copies": 0, "unlabelled": 0}
    assert "teacher_seconds" not in figures


def test_copies_and_pool_are_part_of_the_transfer_set(teacher, make_data, make_rows, context):
    train = make_rows(30, seed=0)
    copies = [{**row, "id": row["id"] + 100, "parent": row["id"]} for row in train]
    pool = [{**row, "label": None} for row in make_rows(9, seed=4, start=500)]
    data = make_data(
        train=train + copies, validation=make_rows(6, seed=1, start=300), unlabelled=pool
    )
    expected = {
        (True, True): {"labelled": 30, "copies": 30, "unlabelled": 9},
        (False, True): {"labelled": 30, "copies": 0, "unlabelled": 9},
        (True, False): {"labelled": 30, "copies": 30, "unlabelled": 0},
    }
    for (use_copies, use_unlabelled), counted in expected.items():
        student = distil(
            teacher,
            data,
            context(),
            epochs=1,
            use_copies=use_copies,
            use_unlabelled=use_unlabelled,
        )
        assert student.manifest.history[-1].figures["transfer_rows"] == counted


def test_teacher_answers_once_for_all_runs_with_the_same_texts(
    teacher, data, context, tmp_path, monkeypatch
):
    distil(teacher, data, context(cache=tmp_path), epochs=1)
    assert len(list((tmp_path / "teacher-logits").iterdir())) == 2  # transfer set, validation
    monkeypatch.setattr(teacher_logits, "logits_of", None)  # calling it would fail
    distil(teacher, data, context(cache=tmp_path), epochs=1, keep=1)


def test_nothing_but_the_student_is_left(teacher, data, context):
    made = context()
    distil(teacher, data, made, epochs=1)
    left = {path.name for path in made.out.parent.iterdir()}
    assert left == {made.out.name}


def test_seed_decides_everything(teacher, data, context):
    first, second, third = (
        distil(teacher, data, context(seed=seed), epochs=1) for seed in (1, 1, 2)
    )
    assert first.digest == second.digest
    assert first.digest != third.digest


def test_a_teacher_without_one_of_the_labels_is_refused(teacher, make_data, make_rows, context):
    rows = make_rows(6, seed=0)
    rows[0]["label"] = "weather"
    data = make_data(["food", "sport", "tech", "weather"], train=rows, validation=rows)
    made = context()
    with pytest.raises(ModelError) as caught:
        distil(teacher, data, made)
    assert caught.value.message == (
        f"the teacher {teacher.path} does not know 1 of the data's 4 labels, such as 'weather'"
    )
    assert not made.out.exists()


def test_a_bundle_alone_is_no_place_to_start_from(teacher, data, context, tmp_path):
    bundle = Bundle(tmp_path, BundleManifest(labels=teacher.labels))
    with pytest.raises(ModelError, match="is a bundle: it has no layers") as caught:
        distil(bundle, data, context())
    assert caught.value.hint == "set `student:` to a model to start from"


def test_more_layers_than_the_teacher_has_leave_no_output(teacher, data, context):
    made = context()
    with pytest.raises(ModelError, match="keep: 9 layers out of 4"):
        distil(teacher, data, made, keep=9)
    assert list(made.out.parent.iterdir()) == []


def test_two_weights_of_zero_are_refused():
    with pytest.raises(PluginError, match="the student would learn nothing"):
        load_plugins().options("distill", "layers", {"soft": 0, "hard": 0})
