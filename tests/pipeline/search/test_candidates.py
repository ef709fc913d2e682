import json
from pathlib import Path

import pytest

from edgeft.errors import ModelError, PluginError, RecipeError
from edgeft.pipeline import plan
from edgeft.pipeline.search.candidates import candidates
from edgeft.pipeline.search.effort import with_effort
from edgeft.recipe import parse_recipe
from edgeft.surgery.shapes import Shape, shape_of

MINILM = {"num_hidden_layers": 6, "hidden_size": 384, "intermediate_size": 1536, "vocab_size": 9}
HEADS = {"num_attention_heads": 12, "model_type": "bert"}


@pytest.fixture
def base(tmp_path) -> Path:
    """The configuration of MiniLM."""
    (tmp_path / "config.json").write_text(json.dumps(MINILM))
    (tmp_path / "model.safetensors").touch()
    return tmp_path


@pytest.fixture
def make(base):
    def recipe(steps=None, **changes):
        steps = steps or [{"finetune": "full"}, {"distill": "auto"}]
        return parse_recipe(
            {"base": str(base), "data": {"train": "x.csv"}, "steps": steps, **changes}
        )

    return recipe


def names(recipe, registry) -> list[str]:
    return [each.name for each in candidates(with_effort(recipe, registry), registry)]


def test_students_get_deeper_with_the_effort(make, registry):
    assert names(make(effort="quick"), registry) == [
        "static", "static-width-256", "layers-1", "layers-2", "teacher",
    ]  # fmt: skip
    assert names(make(), registry) == [
        "static", "static-width-256", "layers-1", "layers-2", "layers-3", "teacher",
    ]  # fmt: skip
    assert names(make(effort="thorough"), registry) == [
        "static", "static-width-256", "layers-1-neurons-768", "layers-1", "layers-2-neurons-768",
        "layers-2",
        "layers-3-neurons-768", "layers-4-neurons-768", "layers-3", "layers-5-neurons-768",
        "layers-4", "layers-6-neurons-768", "layers-5", "layers-6", "teacher",
    ]  # fmt: skip


@pytest.mark.parametrize("budget", ["max_size_mb", "max_p50_ms"])
def test_a_budget_asks_for_a_narrow_student_between_one_layer_and_two(make, registry, budget):
    assert names(make(gates={budget: 20}), registry) == [
        "static", "static-width-256", "layers-1", "layers-2-neurons-768", "layers-2", "layers-3",
        "teacher",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["bert", "edgeft-pooled-bert", "xlm-roberta"])
def test_a_narrow_student_loses_heads_where_they_can_go(make, base, registry, kind):
    (base / "config.json").write_text(json.dumps(MINILM | HEADS | {"model_type": kind}))
    found = candidates(with_effort(make(gates={"max_size_mb": 20}), registry), registry)
    (narrow,) = [each for each in found if each.name == "layers-2-neurons-768-heads-6"]
    assert narrow.what == "2 of 6 layers, 768 of 1536 neurons in each, 6 of 12 heads"
    options = next(step for step in narrow.recipe.steps if step.kind == "distill").options
    assert (options["neurons"], options["attention_heads"]) == (768, 6)
    (whole,) = [each for each in found if each.name == "layers-2"]
    assert 2 * narrow.shape.weights == whole.shape.weights


def test_heads_that_are_given_stay(make, base, registry):
    (base / "config.json").write_text(json.dumps(MINILM | HEADS))
    given = {"keep": 2, "attention_heads": 3}
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", **given}}]
    found = candidates(make(steps, gates={"max_size_mb": 20}), registry)
    assert [each.name for each in found] == ["layers-2-neurons-768-heads-3", "layers-2-heads-3"]
    for each in found:
        (step,) = [step for step in each.recipe.steps if step.kind == "distill"]
        assert step.options.items() >= given.items()


@pytest.mark.parametrize(("size", "expected"), [(None, "-heads-6"), (12, "")])
def test_all_heads_stay_where_that_is_asked_for(make, base, registry, size, expected):
    (base / "config.json").write_text(json.dumps(MINILM | HEADS))
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", "attention_heads": size}}]
    recipe = with_effort(make(steps, gates={"max_size_mb": 20}), registry)
    assert f"layers-2-neurons-768{expected}" in [each.name for each in candidates(recipe, registry)]


def test_heads_that_share_a_key_and_value_count_as_one(make, base, registry):
    shared = {"num_attention_heads": 12, "num_key_value_heads": 6, "head_dim": 32}
    kind = {"model_type": "eurobert"}
    (base / "config.json").write_text(json.dumps(MINILM | shared | kind))
    found = candidates(with_effort(make(gates={"max_size_mb": 20}), registry), registry)
    (narrow,) = [each for each in found if each.name == "layers-2-neurons-768-heads-3"]
    assert narrow.what.endswith("3 of 6 heads")


@pytest.mark.parametrize(
    ("kind", "size", "said"),
    [
        ("bert", 15, "attention_heads: the base has 12 in each layer, not 15"),
        ("mpnet", 6, "the attention of this base counts on all of its heads"),
    ],
)
def test_heads_that_cannot_be_are_refused_before_anything_runs(
    make, base, registry, kind, size, said
):
    (base / "config.json").write_text(json.dumps(MINILM | HEADS | {"model_type": kind}))
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", "attention_heads": size}}]
    with pytest.raises(ModelError, match=said):
        candidates(make(steps), registry)


def test_a_width_that_is_given_keeps_heads_out_of_it(make, base, registry):
    (base / "config.json").write_text(json.dumps(MINILM | HEADS))
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", "width": 192}}]
    recipe = with_effort(make(steps, gates={"max_size_mb": 20}), registry)
    assert "layers-2-neurons-768-width-192" in [each.name for each in candidates(recipe, registry)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"keep": 2}, ["layers-2"]),
        ({"keep": [0, 2, 4, 5]}, ["layers-4"]),
        ({"keep": "auto", "depth": 2}, ["layers-2"]),
        ({"keep": 1, "neurons": 100}, ["layers-1-neurons-100"]),
        ({"keep": 1, "width": 192}, ["layers-1-width-192"]),
    ],
)
def test_options_beside_auto_leave_less_to_choose(make, registry, options, expected):
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", "temperature": 4, **options}}]
    (found,) = candidates(make(steps), registry)
    assert [found.name] == expected
    given = next(step for step in found.recipe.steps if step.kind == "distill").options
    assert given == {"temperature": 4, **options}


def test_what_is_missing_is_filled_in_and_what_is_given_stays(make, base, registry):
    (_, _, first, *_) = candidates(with_effort(make(), registry), registry)
    assert [(step.kind, step.method, step.options) for step in first.recipe.steps] == [
        ("finetune", "full", {}),
        ("augment", "neighbours", {"model": str(base), "copies": 8}),
        ("augment", "mask", {"copies": 2}),
        ("distill", "layers", {"epochs": 2.5, "keep": 1}),
        ("prune", "vocabulary", {}),
        ("export", "onnx", {}),
        ("quantize", "dynamic", {}),
    ]
    assert first.shared == 3
    given = [
        {"finetune": "full"},
        {"augment": "delete"},
        {"distill": "auto"},
        {"prune": {"method": "vocabulary", "reserve": 5}},
        {"export": {"method": "onnx", "strategies": ["trace"]}},
        {"quantize": "static"},
    ]
    (_, _, first, *_) = candidates(with_effort(make(given), registry), registry)
    assert [(step.kind, step.method, step.options) for step in first.recipe.steps] == [
        ("finetune", "full", {}),
        ("augment", "delete", {"copies": 2}),
        ("distill", "layers", {"epochs": 9.2, "keep": 1}),
        ("prune", "vocabulary", {"reserve": 5}),
        ("export", "onnx", {"strategies": ["trace"]}),
        ("quantize", "static", {}),
    ]


def test_the_student_without_layers_takes_what_means_the_same_to_it(make, base, registry):
    options = {"method": "auto", "epochs": 3, "temperature": 4, "learning_rate": 1e-4}
    options |= {"max_length": 64, "teachers": ["other"]}
    steps = [{"finetune": "full"}, {"distill": options}, {"prune": "vocabulary"}]
    (static, *_) = candidates(make(steps), registry)
    assert [(step.kind, step.method, step.options) for step in static.recipe.steps] == [
        ("finetune", "full", {}),
        ("augment", "neighbours", {"model": str(base), "copies": 8}),
        ("augment", "mask", {"copies": 2}),
        ("distill", "static", {"epochs": 6, "temperature": 4, "teachers": ["other"]}),
        ("export", "onnx", {}),
        ("quantize", "dynamic", {}),
    ]


def test_options_about_layers_leave_the_student_without_layers_out(make, registry):
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", "activation": "relu"}}]
    assert "static" not in names(make(steps), registry)


def test_the_teacher_itself_comes_last_and_takes_no_training(make, registry):
    *_, last = candidates(make(), registry)
    assert [(step.kind, step.method) for step in last.recipe.steps] == [
        ("finetune", "full"),
        ("augment", "neighbours"),
        ("augment", "mask"),
        ("prune", "vocabulary"),
        ("export", "onnx"),
        ("quantize", "dynamic"),
    ]
    assert not last.student


def test_a_quick_effort_halves_the_epochs_that_nobody_gave(make, registry):
    steps = [{"finetune": {"method": "full", "epochs": 7}}, {"distill": "layers"}]
    quick = with_effort(make(steps, effort="quick"), registry)
    assert [step.options for step in quick.steps] == [{"epochs": 7}, {"epochs": 4}]
    assert with_effort(make(steps), registry) == make(steps)


def test_the_effort_decides_about_r_drop_where_it_is_asked_to(make, registry):
    def weight(given: object, effort: str) -> object:
        steps = [{"finetune": {"method": "full", "r_drop": given}}, {"distill": "auto"}]
        found = with_effort(make(steps, effort=effort), registry).steps[0]
        return registry.options(found.kind, found.method, found.options).r_drop

    efforts = ("quick", "default", "thorough")
    assert [weight("auto", effort) for effort in efforts] == [0, 1, 1]
    assert [weight(0.5, effort) for effort in efforts] == [0.5, 0.5, 0.5]
    assert registry.options("finetune", "full", {"r_drop": "auto"}).divergence == 1


def test_a_student_whose_weights_alone_are_too_large_is_left_out(make, registry):
    found = {
        each.name: each.excluded for each in candidates(make(gates={"max_size_mb": 3}), registry)
    }
    assert found["static"] == ""
    assert found["layers-1"] == found["layers-2-neurons-768"] == ""
    assert found["layers-2"] == (
        "its layers alone have 3.54 million weights, 8 bits each: 3 MB are allowed"
    )


def test_a_width_that_is_given_is_that_of_every_student(make, registry):
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", "width": 192}}]
    found = candidates(make(steps, gates={"max_size_mb": 3}), registry)
    assert [each.name for each in found] == [
        "layers-1-width-192", "layers-2-neurons-768-width-192", "layers-2-width-192",
        "layers-3-width-192",
    ]  # fmt: skip
    assert [each.excluded for each in found] == ["", "", "", ""]
    assert found[2].shape.weights == 2 * (4 * 192**2 + 2 * 192 * 1536)
    assert found[1].what == (
        "2 of 6 layers, 768 of 1536 neurons in each, 192 of 384 hidden dimensions"
    )


WORDS = {"num_attention_heads": 12, "vocab_size": 30522}
"""what says that a student may be half as wide, and that most of one is its table of tokens"""


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ({"max_size_mb": 20}, []),
        (
            {"max_size_mb": 6},
            [
                ("layers-1-tokens-9400", "layers-1", "layers-1", {"keep": 1}, {"size": 9400}),
                ("layers-2-tokens-4800", "layers-2", "layers-2", {"keep": 2}, {"size": 4800}),
                (
                    "layers-1-width-192-tokens-24200",
                    "layers-1",
                    "",
                    {"keep": 1, "width": 192},
                    {"size": 24200},
                ),
                (
                    "layers-2-width-192-tokens-20400",
                    "layers-2",
                    "",
                    {"keep": 2, "width": 192},
                    {"size": 20400},
                ),
            ],
        ),
        (
            {"max_p50_ms": 1},
            [
                ("layers-1-width-192", "layers-1", "", {"keep": 1, "width": 192}, {}),
                ("layers-2-width-192", "layers-2", "", {"keep": 2, "width": 192}, {}),
            ],
        ),
    ],
)
def test_where_a_budget_may_ask_for_it_smaller_students_stand_in_for_larger_ones(
    make, base, registry, gates, expected
):
    (base / "config.json").write_text(json.dumps(MINILM | WORDS))
    found = candidates(make(gates=gates, effort="quick"), registry)
    stand_ins = [each for each in found if each.instead_of]
    assert found[-len(stand_ins) - 1 : -1] == stand_ins
    assert found[-1].name == "teacher"
    students = [
        (each, *(step.options for step in each.recipe.steps if step.kind in ("distill", "prune")))
        for each in stand_ins
    ]
    assert [
        (each.name, each.instead_of, each.trained_as, student, vocabulary)
        for each, student, vocabulary in students
    ] == expected


def test_a_width_and_a_vocabulary_that_are_given_stay(make, base, registry):
    (base / "config.json").write_text(json.dumps(MINILM | WORDS))
    gates = {"max_size_mb": 6, "max_p50_ms": 1}
    options = {"method": "auto", "width": 320}
    given = [{"finetune": "full"}, {"distill": options}, {"prune": "vocabulary"}]
    found = candidates(make(given, gates=gates), registry)
    assert [each for each in found if each.instead_of] == []
    assert {
        step.method for each in found for step in each.recipe.steps if step.kind == "prune"
    } == {"vocabulary"}


@pytest.mark.parametrize("options", [{"width": "wide"}, {"neurons": "many"}, {"buckets": 4096}])
def test_options_that_no_student_of_layers_takes_are_refused(make, registry, options):
    steps = [{"finetune": "full"}, {"distill": {"method": "auto", **options}}]
    with pytest.raises(PluginError, match=next(iter(options))):
        candidates(make(steps), registry)


def test_budgets_that_no_student_can_meet_are_refused_before_anything_runs(
    make_recipe, registry, tmp_path
):
    recipe = make_recipe(
        steps=[{"finetune": "full"}, {"distill": "auto"}], gates={"max_size_mb": 0.001}
    )
    with pytest.raises(RecipeError) as caught:
        plan(recipe, tmp_path / "run", registry)
    assert caught.value.message.startswith("no student can meet the budgets: static is the small")
    header, first, *others = caught.value.table
    assert header == ["student", "what", "outcome"]
    assert first[0] == "static"
    assert first[2].startswith("skipped: its n-grams alone have 1.05 million weights")
    assert [row[0] for row in others] == [
        "static-width-256",
        "layers-1",
        "layers-2-neurons-32-heads-1",
        "layers-2",
    ]
    assert not (tmp_path / "run").exists()


def test_weights_are_counted_as_transformers_does(tiny_base):
    from transformers import AutoModel

    layers = AutoModel.from_pretrained(tiny_base).encoder.layer
    matrices = sum(each.numel() for each in layers.parameters() if each.dim() == 2)
    assert shape_of(tiny_base).weights == matrices


@pytest.mark.parametrize(
    ("names", "heads"),
    [
        ({"n_layers": 6, "dim": 384, "hidden_dim": 1536}, {}),
        (
            {"num_layers": 6, "hidden_size": 384, "intermediate_size": 1536},
            {"num_attention_heads": 12, "num_key_value_heads": 3},
        ),
    ],
)
def test_shapes_are_read_by_the_names_that_architectures_use(tmp_path, names, heads):
    (tmp_path / "config.json").write_text(json.dumps({**names, **heads, "vocab_size": 100}))
    found = shape_of(tmp_path)
    assert found == Shape(6, 384, 1536, 100, *((0.25, 12) if heads else ()))
    attention = 2.5 if heads else 4
    assert found.weights == 6 * (attention * 384**2 + 2 * 384 * 1536)


def test_a_model_that_hides_its_size_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="does not say how many layers") as caught:
        shape_of(tmp_path)
    assert "method: layers" in caught.value.hint
