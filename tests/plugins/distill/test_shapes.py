"""Students of another shape: chosen layers, fewer neurons or heads, another activation."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from students import QUICK, accuracy, distil, figures

from edgeft.distillation import teacher_logits
from edgeft.errors import ModelError, PluginError
from edgeft.surgery.heads import head_inputs
from edgeft.surgery.layers import with_layers
from edgeft.surgery.neurons import feed_forwards
from edgeft.surgery.silent import heard
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import train
from edgeft_distill import LayersOptions, choosing
from edgeft_distill.choosing import candidates
from edgeft_distill.shaping import shape_of, with_activation

READ = {
    "input_ids": torch.tensor([[2, 7, 9, 11, 3]]),
    "attention_mask": torch.ones(1, 5, dtype=torch.long),
}


def test_layers_are_chosen_by_what_they_learn_in_a_moment(teacher, topics, make_context):
    context = make_context()
    student = distil(teacher, topics, context, keep="auto", depth=2)
    found = figures(student)
    assert {each["name"]: each["layers"] for each in found["tried"]} == {
        "even": [0, 3],
        "first": [0, 1],
        "last": [2, 3],
        "alternating": [1, 3],
    }
    assert found["layers"] == min(found["tried"], key=lambda each: each["loss"])["layers"]
    assert all(0 <= each["accuracy"] <= 1 for each in found["tried"])
    assert [path.name for path in context.out.parent.iterdir()] == [context.out.name]


def test_the_chosen_layers_learn_as_if_they_had_been_named(teacher, topics, make_context):
    chosen = distil(teacher, topics, make_context(), keep="auto", epochs=1)
    named = distil(teacher, topics, make_context(), keep=figures(chosen)["layers"], epochs=1)
    assert chosen.digest == named.digest


def test_an_interruption_costs_one_candidate(teacher, topics, make_context, monkeypatch):
    context, trainings = replace(make_context(), fingerprint="the same step"), []

    def interrupted(*given, context, **named):
        trainings.append(context.out.name)
        if len(trainings) == 3:
            raise KeyboardInterrupt
        return train(*given, context=context, **named)

    monkeypatch.setattr(choosing, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        distil(teacher, topics, context, keep="auto", depth=2, epochs=1)
    student = distil(teacher, topics, context, keep="auto", depth=2, epochs=1)
    assert trainings == ["even", "first", "last", "last", "alternating"]
    assert [each["name"] for each in figures(student)["tried"]] == sorted(
        set(trainings), key=trainings.index
    )


def test_candidates_are_tried_once_each():
    assert candidates(2, 6) == {
        "even": [0, 5],
        "first": [0, 1],
        "last": [4, 5],
        "alternating": [2, 5],
    }
    assert candidates(3, 3) == {"even": [0, 1, 2]}
    assert candidates(1, 6) == {"even": [0], "last": [5]}
    assert candidates(4, 12)["alternating"] == [2, 5, 8, 11]


def test_a_depth_without_auto_is_refused(registry):
    with pytest.raises(PluginError, match="depth is what `keep: auto` chooses"):
        registry.options("distill", "layers", {"keep": 2, "depth": 2})


def test_a_student_of_fewer_neurons_answers_as_its_teacher(teacher, topics, make_context):
    context = make_context()
    student = distil(teacher, topics, context, neurons=24, activation="relu")
    config = json.loads((student.path / "config.json").read_text())
    assert (config["intermediate_size"], config["hidden_act"]) == (24, "relu")
    assert accuracy(student, topics, context) == 1.0


def test_more_neurons_than_there_are_leave_no_output(teacher, topics, make_context):
    context = make_context()
    with pytest.raises(ModelError, match="neurons: 65 of 64 in each layer cannot be"):
        distil(teacher, topics, context, neurons=65)
    assert list(context.out.parent.iterdir()) == []


def test_important_neurons_are_those_whose_loss_would_be_felt(teacher, topics, make_context):
    context = make_context()
    model = load_model(teacher.path)
    options = LayersOptions(**QUICK, neurons=32)
    silent = feed_forwards(model)[1].out
    with torch.no_grad():  # the even neurons of one layer lead nowhere
        model.get_submodule(silent).weight[:, ::2] = 0
    shape = shape_of(model, load_tokenizer(teacher.path), topics, options, context)
    assert [score.shape for score in shape.neurons] == [(64,)] * 4
    assert shape.neurons[1][::2].tolist() == [0.0] * 32
    kept, _ = shape.student(model, [0, 1])
    whole, _ = with_layers(model, [0, 1])
    assert kept.config.intermediate_size == 32
    odd = whole.get_submodule(silent).weight[:, 1::2]
    torch.testing.assert_close(kept.get_submodule(silent).weight, odd)


def test_a_narrower_student_answers_as_its_teacher(teacher, topics, make_context):
    context = make_context()
    student = distil(teacher, topics, context, width=16, epochs=12)
    config = json.loads((student.path / "config.json").read_text())
    assert (config["hidden_size"], config["num_attention_heads"]) == (16, 1)
    assert accuracy(student, topics, context) == 1.0


def test_a_student_of_fewer_heads_answers_as_its_teacher(teacher, topics, make_context):
    context = make_context()
    student = distil(teacher, topics, context, attention_heads=1, epochs=12)
    assert [len(each) for each in heard(load_model(student.path))] == [1, 1]
    assert accuracy(student, topics, context) == 1.0


def test_important_heads_are_those_whose_loss_would_be_felt(teacher, topics, make_context):
    model = load_model(teacher.path)
    options = LayersOptions(**QUICK, attention_heads=1)
    (first, *_), width = head_inputs(model)
    with torch.no_grad():  # the first head of the first layer leads nowhere
        first.weight[:, :width] = 0
    shape = shape_of(model, load_tokenizer(teacher.path), topics, options, make_context())
    assert [score.shape for score in shape.heads] == [(2,)] * 4
    assert shape.heads[0][0] == 0
    kept, _ = shape.student(model, [0, 3])
    assert [each.tolist() for each in heard(kept)] == [[1], [int(shape.heads[3].argmax())]]


def test_heads_beside_a_width_are_refused(registry):
    with pytest.raises(PluginError, match="width takes the heads along"):
        registry.options("distill", "layers", {"width": 16, "attention_heads": 1})


def test_every_family_gets_another_activation_fewer_neurons_and_less_width(
    each_tiny_checkpoint, tiny_dataset, make_context, family
):
    student = distil(
        each_tiny_checkpoint,
        tiny_dataset,
        make_context(),
        epochs=1,
        keep=[0, 3],
        neurons=16,
        width=16,
        activation="relu",
    )
    model = load_model(student.path)
    acts = {type(module).__name__ for module in model.modules()}
    assert "ReLU" in acts or "ReLUActivation" in acts
    assert model.get_submodule(feed_forwards(model)[0].out).in_features == 16
    assert model.get_input_embeddings().embedding_dim == (24 if family == "electra" else 16)


def test_another_activation_keeps_the_weights(teacher):
    model = load_model(teacher.path).eval()
    changed = with_activation(model, "relu").eval()
    with torch.no_grad():
        found, before = changed(**READ).logits, model(**READ).logits
    assert changed.state_dict().keys() == model.state_dict().keys()
    assert not np.allclose(found, before)


def test_further_teachers_are_asked_and_named_in_the_history(
    teacher, topics, make_context, tmp_path, monkeypatch
):
    other = distil(teacher, topics, make_context(seed=5), epochs=2)
    asked = []
    answer = teacher_logits.said_in
    monkeypatch.setattr(
        teacher_logits,
        "said_in",
        lambda model, *parts, **named: asked.append(model.path) or answer(model, *parts, **named),
    )
    context = make_context(cache=tmp_path)
    student = distil(teacher, topics, context, teachers=[str(other.path)])
    assert asked == [teacher.path, other.path]
    assert student.manifest.history[-1].inputs == {
        "teacher": teacher.digest,
        "data": topics.digest,
        "teacher_2": other.digest,
    }
    assert accuracy(student, topics, context) == 1.0
