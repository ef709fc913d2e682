"""The distiller, from a teacher and texts to a student's checkpoint."""

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from students import QUICK, accuracy, distil, figures

from edgeft.artifacts import Bundle
from edgeft.data.rows import open_split
from edgeft.distillation import learning, teacher_logits
from edgeft.errors import ModelError, PluginError
from edgeft.evaluation import evaluate
from edgeft.manifests import BundleManifest
from edgeft.progress import Silence
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import train
from edgeft_distill import Layers, LayersOptions


def test_student_of_half_the_layers_answers_as_its_teacher(teacher, topics, make_context):
    context = make_context()
    student = distil(teacher, topics, context)
    assert accuracy(student, topics, context) == 1.0
    assert json.loads((student.path / "config.json").read_text())["num_hidden_layers"] == 2
    assert student.size_bytes < teacher.size_bytes
    record = student.manifest.history[-1]
    assert (record.kind, record.method) == ("distill", "layers")
    assert record.inputs == {"teacher": teacher.digest, "data": topics.digest}


def test_history_says_what_the_step_measured(teacher, topics, make_context):
    found = figures(distil(teacher, topics, make_context(), keep=[0, 2]))
    assert found["layers"] == [0, 2]
    assert found["layers_of"] == 4
    assert found["parameters"] < found["parameters_of"]
    assert found["transfer_rows"] == {"labelled": 120, "copies": 0, "unlabelled": 60}
    assert found["validation"]["accuracy"] == 1.0
    assert found["teacher_agreement"] == 1.0
    assert found["teacher_agreement_rows"] == 30
    assert found["teacher_seconds"] > 0


@pytest.mark.parametrize(("asked", "kept"), [(None, True), (True, True), (False, False)])
def test_a_student_keeps_its_dropout_unless_it_is_to_learn_without(
    asked, kept, teacher, topics, make_context, monkeypatch
):
    seen: set[float] = set()

    def watched(model, *arguments, **named):
        seen.update(each.p for each in model.modules() if isinstance(each, torch.nn.Dropout))
        return train(model, *arguments, **named)

    monkeypatch.setattr(learning, "train", watched)
    distil(teacher, topics, make_context(), epochs=0.1, keep_dropout=asked)
    assert (seen != {0.0}) is kept


def test_a_student_learns_its_logits_with_the_roundings_of_its_file(
    teacher, topics, make_context, monkeypatch
):
    rounded = []

    def watched(model, tokenizer, rows, *arguments, **named):
        batch = tokenizer(rows["text"][:2], return_tensors="pt", padding=True)
        with torch.no_grad():
            answered = model.eval()(**batch).logits
            plain = model.forward(**batch).logits  # without the hooks of the call
        (four_bits,) = named["tricks"].callbacks
        steps = [each is not None for each in four_bits.steps.values()]
        rounded.append((not torch.equal(answered, plain), named["options"].precision))
        assert len(steps) > 0
        assert all(steps)
        return train(model, tokenizer, rows, *arguments, **named)

    monkeypatch.setattr(learning, "train", watched)
    qat = {"embeddings": "int8", "products": "int4", "reduce_range": False}
    matching = {"method": "hidden", "epochs": 1, "learning_rate": 1e-3}
    student = distil(teacher, topics, make_context(), matching=matching, qat=qat, precision="auto")
    assert rounded == [(True, "fp32")]
    assert accuracy(student, topics, make_context()) == 1.0


@pytest.mark.parametrize(("method", "options"), [("layers", {"qat": {}}), ("qat", {})])
def test_dropout_and_roundings_are_refused_together(method, options, registry):
    with pytest.raises(PluginError, match="dropout would hide the roundings"):
        registry.options("distill", method, options | {"keep_dropout": True})


@pytest.mark.parametrize("weights", [{"soft": 1.0, "hard": 0.0}, {"soft": 0.0, "hard": 1.0}])
def test_labels_find_their_logits_by_name(teacher, topics, make_context, weights):
    assert teacher.labels == topics.labels[::-1]
    context = make_context()
    student = distil(teacher, topics, context, **weights)
    config = json.loads((student.path / "config.json").read_text())
    assert student.labels == list(config["id2label"].values()) == teacher.labels
    assert accuracy(student, topics, context) == 1.0


def test_a_student_with_another_tokenizer_learns_from_texts(
    teacher, topics, make_base, make_context
):
    context = make_context()
    start = make_base("roberta")
    student = distil(teacher, topics, context, student=str(start), keep=2, epochs=10)
    text = open_split(topics, "validation")[0]["text"]
    ids = [load_tokenizer(path)(text)["input_ids"] for path in (teacher.path, student.path)]
    assert ids[0] != ids[1]
    assert student.labels == teacher.labels
    assert accuracy(student, topics, context) == 1.0
    assert student.manifest.history[-1].inputs["student"] == str(start)


def test_a_model_to_start_from_keeps_all_its_layers(teacher, topics, make_base, make_context):
    start = str(make_base("distilbert"))
    found = figures(distil(teacher, topics, make_context(), student=start, epochs=1))
    assert found["layers"] == [0, 1, 2, 3]


def test_every_family_can_be_distilled(each_tiny_checkpoint, tiny_dataset, make_context):
    context = make_context()
    student = distil(each_tiny_checkpoint, tiny_dataset, context, epochs=1, keep=[0, 3])
    scores = evaluate(student, tiny_dataset, "validation", task=context.task).scores
    assert scores.metrics == pytest.approx(
        {name: figures(student)["validation"][name] for name in context.task.metrics}
    )


def test_a_bundle_can_teach(tiny_bundle, tiny_dataset, tiny_base, make_context):
    start = str(tiny_base)
    student = distil(tiny_bundle, tiny_dataset, make_context(), student=start, epochs=1)
    inputs = {"teacher": tiny_bundle.digest, "data": tiny_dataset.digest, "student": start}
    assert student.labels == tiny_bundle.labels
    assert student.manifest.history[-1].inputs == inputs
    assert figures(student)["teacher_seconds"] > 0


def test_plain_student_is_the_same_without_teacher_copies_and_pool(teacher, topics, make_context):
    options = LayersOptions(**QUICK, keep=2, hard=0.1, temperature=5)
    plain = Layers(options, None).plain()
    assert plain.keep == 2
    assert plain.epochs == options.epochs
    found = figures(Layers(plain, make_context()).run(teacher, topics))
    assert found["transfer_rows"] == {"labelled": 120, "copies": 0, "unlabelled": 0}
    assert "teacher_seconds" not in found


def test_copies_and_pool_are_part_of_the_transfer_set(teacher, topics, make_data, make_context):
    rows = {split: open_split(topics, split).to_list() for split in topics.splits}
    copies = [{**row, "id": row["id"] + 1000, "parent": row["id"]} for row in rows["train"]]
    data = make_data(topics.labels, **{**rows, "train": rows["train"] + copies})
    expected = {
        (True, True): {"labelled": 120, "copies": 120, "unlabelled": 60},
        (False, True): {"labelled": 120, "copies": 0, "unlabelled": 60},
        (True, False): {"labelled": 120, "copies": 120, "unlabelled": 0},
    }
    for (use_copies, use_unlabelled), counted in expected.items():
        uses = {"use_copies": use_copies, "use_unlabelled": use_unlabelled}
        assert (
            figures(distil(teacher, data, make_context(), epochs=1, **uses))["transfer_rows"]
            == counted
        )


def test_teacher_answers_once_for_all_runs_with_the_same_texts(
    teacher, topics, make_context, tmp_path, monkeypatch
):
    distil(teacher, topics, make_context(cache=tmp_path), epochs=1)
    assert len(list((tmp_path / "teacher-logits").iterdir())) == 1
    monkeypatch.setattr(teacher_logits, "said_in", None)  # calling it would fail
    distil(teacher, topics, make_context(cache=tmp_path), epochs=1, keep=1)


class Listener(Silence):
    """Remembers by how many texts a training moved on, and presses Ctrl-C after `limit` of them."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.moves: list[int] = []

    @contextmanager
    def bar(self, title, total=None, unit=""):
        yield self if title == "training" else Silence()

    def advance(self, amount=1, **figures):
        self.moves.append(amount)
        if self.limit and sum(self.moves) > self.limit:
            raise KeyboardInterrupt


def test_an_interrupted_distillation_goes_on_where_it_was(
    teacher, topics, make_context, monkeypatch
):
    context = make_context(fingerprint="the same")
    with pytest.raises(KeyboardInterrupt):  # in the sixth pass over 180 texts
        distil(teacher, topics, replace(context, progress=Listener(limit=950)))
    assert not context.out.exists()
    monkeypatch.setattr("edgeft.distillation.teacher_logits.said_in", None)  # calling it would fail
    listener = Listener()
    student = distil(teacher, topics, replace(context, progress=listener))
    assert sum(listener.moves) == (QUICK["epochs"] - 5) * 180
    assert accuracy(student, topics, context) == 1.0
    assert [path.name for path in context.out.parent.iterdir()] == [context.out.name]


def test_nothing_but_the_student_is_left(teacher, topics, make_context):
    context = make_context()
    distil(teacher, topics, context, epochs=1)
    assert [path.name for path in context.out.parent.iterdir()] == [context.out.name]


def test_seed_decides_everything(teacher, topics, make_context):
    first, second, third = (
        distil(teacher, topics, make_context(seed=seed), epochs=1) for seed in (1, 1, 2)
    )
    assert first.digest == second.digest
    assert first.digest != third.digest


def test_a_teacher_without_one_of_the_labels_is_refused(teacher, topics, make_data, make_context):
    rows = open_split(topics, "train").to_list()
    rows[0]["label"] = "weather"
    labels = [*topics.labels, "weather"]
    data = make_data(labels, train=rows, validation=rows)
    context = make_context()
    with pytest.raises(ModelError) as caught:
        distil(teacher, data, context)
    assert caught.value.message == (
        f"the teacher {teacher.path} does not know 1 of the data's 4 labels, such as 'weather'"
    )
    assert not context.out.exists()


def test_a_bundle_alone_is_no_place_to_start_from(teacher, topics, make_context, tmp_path):
    bundle = Bundle(tmp_path, BundleManifest(labels=teacher.labels))
    with pytest.raises(ModelError, match="is a bundle: it has no layers") as caught:
        distil(bundle, topics, make_context())
    assert caught.value.hint == "set `student:` to a model to start from"


def test_more_layers_than_the_teacher_has_leave_no_output(teacher, topics, make_context):
    context = make_context()
    with pytest.raises(ModelError, match="keep: 9 layers out of 4"):
        distil(teacher, topics, context, keep=9)
    assert list(context.out.parent.iterdir()) == []


def test_two_weights_of_zero_are_refused(registry):
    with pytest.raises(PluginError, match="the student would learn nothing"):
        registry.options("distill", "layers", {"soft": 0, "hard": 0})
