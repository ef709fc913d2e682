"""Students that first match what their teacher computes on the way."""

from dataclasses import replace

import pytest
from safetensors.torch import load_file
from students import QUICK, accuracy, distil, figures

from edgeft.distillation.objectives import paired_layers, relation_heads
from edgeft.errors import ModelError, PluginError
from edgeft.progress import Silence
from edgeft_distill import (
    Hidden,
    HiddenStudentOptions,
    Relation,
    RelationStudentOptions,
)


@pytest.mark.parametrize(
    "matching",
    [
        {"method": "hidden"},
        {"method": "hidden", "hidden": 0, "attention_loss": "kl", "layer_map": [0, 3]},
        {"method": "relation", "heads": 4},
    ],
)
def test_matching_brings_the_student_nearer_to_its_teacher(teacher, topics, make_context, matching):
    context = make_context()
    student = distil(teacher, topics, context, epochs=4, matching=matching | {"epochs": 4})
    measured = figures(student)["matching"]
    assert measured["method"] == matching["method"]
    assert measured["loss"][1] < 0.7 * measured["loss"][0]
    assert accuracy(student, topics, context) == 1.0
    assert [path.name for path in context.out.parent.iterdir()] == [context.out.name]


@pytest.mark.parametrize(
    ("cls", "options"), [(Hidden, HiddenStudentOptions), (Relation, RelationStudentOptions)]
)
def test_a_student_of_another_width_and_other_heads_matches_its_teacher(
    teacher, topics, make_context, narrow, cls, options
):
    context = make_context()
    settings = options(**QUICK | {"epochs": 8}, student=str(narrow), matching_epochs=4)
    student = cls(settings, context).run(teacher, topics)
    first, last = figures(student)["matching"]["loss"]
    assert last < 0.7 * first
    assert accuracy(student, topics, context) == 1.0
    names = load_file(student.path / "model.safetensors")
    assert not [name for name in names if "projections" in name or "objective" in name]


def test_matching_is_decided_by_the_seed(teacher, topics, make_context, narrow):
    settings = HiddenStudentOptions(**QUICK | {"epochs": 1}, student=str(narrow))
    first, second = (
        Hidden(settings, make_context(seed=seed)).run(teacher, topics) for seed in (1, 1)
    )
    assert first.digest == second.digest


class Interrupted(Silence):
    """Presses Ctrl-C in the second of the trainings."""

    def __init__(self) -> None:
        self.trainings = 0

    def bar(self, title, total=None, unit=""):
        self.trainings += title == "training"
        if self.trainings == 2:
            raise KeyboardInterrupt
        return super().bar(title, total)


def test_a_finished_matching_is_not_done_again(teacher, topics, make_context):
    context = make_context(fingerprint="the same")
    options = {"epochs": 1, "matching": {"method": "relation", "epochs": 2}}
    with pytest.raises(KeyboardInterrupt):
        distil(teacher, topics, replace(context, progress=Interrupted()), **options)
    resumed = distil(teacher, topics, context, **options)
    whole = distil(teacher, topics, make_context(fingerprint="the same"), **options)
    assert resumed.digest == whole.digest
    assert figures(resumed)["matching"]["loss"] == figures(whole)["matching"]["loss"]
    assert [path.name for path in context.out.parent.iterdir()] == [context.out.name]


@pytest.mark.parametrize("cls", [Hidden, Relation])
def test_plain_student_matches_nothing(cls):
    options = cls(cls.Options(keep=2, teachers=["elsewhere"]), None).plain()
    assert options.first_pass is None
    assert (options.keep, options.soft, options.teachers) == (2, 0.0, [])


def test_other_token_ids_are_refused(teacher, topics, make_base, make_context):
    context = make_context()
    start = str(make_base("roberta"))
    with pytest.raises(ModelError, match="'hidden' needs token ids that mean the same") as caught:
        distil(teacher, topics, context, student=start, matching={"method": "hidden"})
    assert caught.value.hint == "leave the matching out: logits need no such likeness"
    assert list(context.out.parent.iterdir()) == []


def test_a_bundle_gives_nothing_to_match(tiny_bundle, tiny_dataset, tiny_base, make_context):
    with pytest.raises(ModelError, match="is a bundle: it gives logits, and no more"):
        distil(
            tiny_bundle,
            tiny_dataset,
            make_context(),
            student=str(tiny_base),
            matching={"method": "relation"},
        )


@pytest.mark.parametrize(
    ("matching", "message"),
    [
        ({"method": "hidden", "layer_map": [1]}, r"layer_map: \[1\] does not name one of"),
        ({"method": "hidden", "layer_map": [0, 4]}, r"layer_map: \[0, 4\] does not name one of"),
        ({"method": "relation", "heads": 5}, "heads: 5 relation heads do not divide a width of 32"),
        ({"method": "relation", "teacher_layer": 4}, "teacher_layer: 4 is none of the teacher's 4"),
        ({"method": "relation", "student_layer": 2}, "student_layer: 2 is none of the student's 2"),
    ],
)
def test_what_cannot_be_paired_is_refused(teacher, topics, make_context, matching, message):
    context = make_context()
    with pytest.raises(ModelError, match=message):
        distil(teacher, topics, context, matching=matching)
    assert list(context.out.parent.iterdir()) == []


def test_nothing_to_match_is_refused(registry):
    with pytest.raises(PluginError, match="there is nothing to match"):
        registry.options("distill", "hidden", {"hidden": 0, "attention": 0})


def test_layers_are_paired_at_equal_shares_of_the_depth():
    assert paired_layers("even", 2, 6) == [2, 5]
    assert paired_layers("even", 4, 12) == [2, 5, 8, 11]
    assert paired_layers("even", 3, 3) == [0, 1, 2]
    assert paired_layers([5, 0], 2, 6) == [5, 0]


def test_relation_heads_divide_all_widths():
    assert relation_heads(None, 12, [384, 384, 312]) == 12
    assert relation_heads(None, 12, [384, 256]) == 4
    assert relation_heads(16, 12, [384, 256]) == 16
