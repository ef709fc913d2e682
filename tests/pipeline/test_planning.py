from pathlib import Path

import pytest

from edgeft.errors import (
    DataError,
    MissingPackage,
    ModelError,
    OutputError,
    PluginError,
    RecipeError,
)
from edgeft.pipeline import plan
from edgeft.pipeline.alone import run_step
from edgeft.pipeline.plain import as_long
from edgeft.pipeline.planning import with_base
from edgeft.pipeline.running import Run
from edgeft.progress import Silence
from edgeft_augment import Mask

NAMES = [
    "data",
    "finetune-full",
    "augment-mask",
    "distill-layers",
    "export-onnx",
    "quantize-dynamic",
    "student-plain",
]


def fingerprints(recipe, registry) -> dict[str, str]:
    return {node.name: node.fingerprint for node in plan(recipe, Path("run"), registry).nodes}


def changed(one, two, registry) -> list[str]:
    before, after = fingerprints(one, registry), fingerprints(two, registry)
    return [name for name in after if before.get(name) != after[name]]


@pytest.mark.parametrize(
    ("epochs", "copies", "expected"), [(2.5, 10, 8), (1, 1, 2), (1, 0, 1), (10, 3, 10)]
)
def test_the_plain_student_makes_up_for_the_copies_that_it_lacks(
    registry, epochs, copies, expected
):
    options = registry.options("distill", "layers", {"epochs": epochs})
    assert as_long(options, copies).epochs == expected


def test_an_augmenter_that_looks_words_up_takes_the_base_unless_it_names_a_model(
    make_recipe, registry, tmp_path
):
    near = [{"augment": "neighbours"}, {"augment": {"method": "neighbours", "model": "other"}}]
    recipe = make_recipe(steps=[*near, {"augment": "mask"}])
    found = with_base(recipe, registry)
    assert [step.options for step in found.steps] == [
        {"model": recipe.base},
        {"model": "other"},
        {},
    ]


def test_words_are_masked_as_the_base_or_the_teacher_calls_it_unless_the_recipe_says(
    make_recipe, make_tiny_base, make_tiny_checkpoint, registry
):
    mine = {"augment": {"method": "mask", "mask_token": "[HIDDEN]"}}
    steps = [{"augment": "mask"}, mine, {"distill": {"method": "layers", "keep": 1}}]
    base, teacher = str(make_tiny_base("roberta")), str(make_tiny_checkpoint("roberta").path)
    recipes = [
        make_recipe(base=base, steps=[{"finetune": "full"}, *steps]),
        make_recipe(teacher=teacher, steps=steps),
        make_recipe(steps=[{"finetune": "full"}, *steps]),
    ]
    for recipe, wanted in zip(recipes, ["<mask>", "<mask>", "[MASK]"], strict=True):
        nodes = [each for each in plan(recipe, Path("run"), registry).nodes if each.cls is Mask]
        assert [each.options.mask_token for each in nodes] == [wanted, "[HIDDEN]"]


def test_words_are_masked_as_the_base_calls_it_for_a_student_that_is_looked_for(
    make_recipe, make_tiny_base, registry
):
    base = str(make_tiny_base("roberta"))
    found = plan(
        make_recipe(base=base, steps=[{"finetune": "full"}, {"distill": "auto"}]),
        Path("r"),
        registry,
    )
    for each in [found, *found.candidates]:
        assert [node.options.mask_token for node in each.nodes if node.cls is Mask] == ["<mask>"]


def test_a_recipe_becomes_a_node_a_step_and_the_plain_student(make_recipe, registry, tmp_path):
    found = plan(make_recipe(), tmp_path / "run", registry)
    assert [node.name for node in found.nodes] == NAMES
    assert not any(node.cached for node in found.nodes)
    assert found.teacher == tmp_path / "run" / "finetune-full"
    assert found.student is found.nodes[3]
    assert found.bundle is found.nodes[5]
    assert not (tmp_path / "run").exists()


def test_a_step_taken_twice_gets_a_directory_of_its_own(make_recipe, registry):
    recipe = make_recipe(
        steps=[{"augment": "mask"}, {"augment": "mask"}, {"finetune": "full"}, {"augment": "mask"}]
    )
    names = [node.name for node in plan(recipe, Path("run"), registry).nodes]
    assert names == ["data", "augment-mask", "augment-mask-2", "finetune-full", "augment-mask-3"]


def test_a_filter_asks_the_teacher_that_stands_before_it(make_recipe, registry):
    steps = [
        {"finetune": "full"}, {"augment": "mask"}, {"augment": "filter"},
        {"augment": {"method": "filter", "model": "pkg:other"}},
    ]  # fmt: skip
    recipe = make_recipe(steps=steps)
    found = with_base(recipe, registry)
    assert [found.steps[place].options for place in (2, 3)] == [{}, {"model": "pkg:other"}]
    nodes = plan(make_recipe(steps=steps[:3]), Path("run"), registry).nodes
    inputs = {node.name: node.inputs for node in nodes}
    assert inputs["augment-filter"] == {
        "data": Path("run/augment-mask"), "teacher": Path("run/finetune-full"),
    }  # fmt: skip


def test_a_filter_asks_no_model_that_has_learnt_the_copies(make_recipe, registry):
    steps = [
        {"augment": "mask"},
        {"augment": "filter"},
        {"finetune": "full"},
        {"augment": "filter"},
    ]
    recipe = make_recipe(steps=steps)
    found = with_base(recipe, registry)
    assert [found.steps[place].options for place in (1, 3)] == [{"model": recipe.base}] * 2
    inputs = [node.inputs for node in plan(recipe, Path("run"), registry).nodes]
    assert not any("teacher" in each for each in inputs)


def test_a_student_of_a_student_is_compared_with_the_first_teacher(make_recipe, registry):
    steps = [{"finetune": "full"}, {"distill": "layers"}, {"distill": "qat"}, {"export": "onnx"}]
    found = plan(make_recipe(steps=steps), Path("run"), registry)
    nodes = {node.name: node for node in found.nodes}
    assert nodes["distill-qat"].inputs["teacher"] == Path("run/distill-layers")
    assert found.teacher == Path("run/finetune-full")
    assert found.student is nodes["distill-qat"]
    assert found.plain is not None
    assert found.plain.method == "layers"


def test_a_private_training_cannot_follow_another_on_the_same_texts(make_recipe, registry):
    private = {"method": "full", "private": {"epsilon": 8}, "max_length": 16}
    recipe = make_recipe(steps=[{"finetune": "adapt"}, {"finetune": private}])
    with pytest.raises(PluginError, match="private cannot follow finetune: adapt"):
        plan(recipe, Path("run"), registry)


def test_augmented_copies_reach_later_training_only(make_recipe, registry):
    nodes = {node.name: node for node in plan(make_recipe(), Path("run"), registry).nodes}
    assert nodes["finetune-full"].inputs["data"] == Path("run/data")
    assert nodes["distill-layers"].inputs["data"] == Path("run/augment-mask")
    assert nodes["quantize-dynamic"].inputs["data"] == Path("run/data")


@pytest.mark.parametrize(
    "step",
    [
        {"method": "auto", "among": ["full", "prob"]},
        {"method": "self-training", "finetuner": "prob"},
    ],
)
def test_a_finetuner_that_another_names_is_looked_up(step, make_recipe, registry, tmp_path):
    unlabelled = tmp_path / "unlabelled.txt"
    unlabelled.write_text("my card is gone\n")
    recipe = make_recipe(steps=[{"finetune": step}])
    data = recipe.data.model_copy(update={"unlabelled": str(unlabelled)})
    with pytest.raises(PluginError, match="unknown finetuner 'prob'"):
        plan(recipe.model_copy(update={"data": data}), tmp_path / "run", registry)


@pytest.mark.parametrize("among", [{"among": ["probe", "lora"]}, {}], ids=["named", "default"])
def test_the_packages_of_a_finetuner_that_another_names_are_asked_for(
    among, make_recipe, registry, tmp_path, monkeypatch
):
    monkeypatch.setattr(registry.step("finetune", "lora"), "needs", ("no_such_package",))
    recipe = make_recipe(steps=[{"finetune": {"method": "auto", **among}}])
    with pytest.raises(MissingPackage, match="finetuner 'lora' needs no_such_package"):
        plan(recipe, tmp_path / "run", registry)


def test_a_step_alone_looks_finetuners_up_before_its_data(registry, tmp_path):
    with pytest.raises(PluginError, match="unknown finetuner 'prob'"):
        run_step(
            "finetune",
            "auto",
            tmp_path / "out",
            registry,
            data=tmp_path / "no-data",
            model="no-model",
            settings={"among": ["prob"]},
        )


def test_a_changed_option_changes_its_step_and_what_follows(make_recipe, registry):
    steps = [step.model_dump() for step in make_recipe().steps]
    steps[2]["options"]["temperature"] = 4.0
    assert changed(make_recipe(), make_recipe(steps=steps), registry) == [
        "distill-layers",
        "export-onnx",
        "quantize-dynamic",
        "student-plain",
    ]


def test_the_threads_of_bench_decide_what_is_chosen_by_time(make_recipe, registry, tmp_path):
    one, two = make_recipe(), make_recipe(bench={"threads": 2})
    assert changed(one, two, registry) == ["export-onnx", "quantize-dynamic"]
    run = Run(two, tmp_path / "run", registry, Silence(), 1, "cpu", force=False)
    assert (run.context.threads, run.context.timed_threads) == (1, 2)


def test_a_changed_gate_changes_what_it_decides(make_recipe, registry):
    other = make_recipe(gates={"max_drop": 0.2})
    assert changed(make_recipe(), other, registry) == ["quantize-dynamic"]


def test_a_changed_text_changes_everything(make_recipe, registry, files):
    recipe = make_recipe()
    before = fingerprints(recipe, registry)
    with Path(files["train"]).open("a") as file:
        file.write("one more card,card\n")
    after = fingerprints(recipe, registry)
    assert all(before[name] != after[name] for name in NAMES)


def test_a_teacher_of_an_earlier_run_needs_no_finetune(make_recipe, registry, tiny_checkpoint):
    steps = [{"distill": {"method": "layers", "keep": 1}}, {"export": "onnx"}]
    found = plan(make_recipe(teacher=str(tiny_checkpoint.path), steps=steps), Path("run"), registry)
    assert found.teacher == tiny_checkpoint.path
    assert found.nodes[1].inputs["teacher"] == tiny_checkpoint.path


def test_a_bundle_teaches_a_student_that_starts_from_a_model(
    make_recipe, registry, tiny_bundle, tiny_base
):
    distill = {"distill": {"method": "layers", "student": str(tiny_base)}}
    recipe = make_recipe(teacher=str(tiny_bundle.path), steps=[{"augment": "mask"}, distill])
    assert plan(recipe, Path("run"), registry).teacher == tiny_bundle.path


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"augment": "mask"}, {"distill": "layers"}], "it has no layers to start a student from"),
        ([{"augment": "mask"}, {"distill": "qat"}], "it has no weights to train"),
        ([{"export": "onnx"}], "step export cannot work on the teacher .*: it is a bundle"),
        ([{"finetune": "full"}], "step finetune cannot work on the teacher .*: it is a bundle"),
    ],
)
def test_what_cannot_be_done_with_a_bundle_is_refused(
    make_recipe, registry, tiny_bundle, steps, message
):
    recipe = make_recipe(teacher=str(tiny_bundle.path), steps=steps)
    with pytest.raises((RecipeError, ModelError), match=message) as caught:
        plan(recipe, Path("run"), registry)
    assert caught.value.hint


def test_a_hub_id_is_only_named(make_recipe, registry):
    nodes = plan(make_recipe(data={"train": "some/texts:en#train"}), Path("run"), registry).nodes
    assert nodes[0].options.train == "some/texts:en#train"


@pytest.mark.parametrize("role", ["train", "validation", "test", "unlabelled"])
def test_files_that_are_missing_are_named_before_the_run(make_recipe, registry, files, role):
    recipe = make_recipe(data={**files, role: "no/such.csv"})
    with pytest.raises(DataError) as caught:
        plan(recipe, Path("run"), registry)
    assert caught.value.message == f"{role}: no file, folder or sample 'no/such.csv'"


@pytest.mark.parametrize("column", ["text", "label"])
def test_a_missing_column_is_named_before_the_run(make_recipe, registry, files, column):
    recipe = make_recipe(data={**files, "columns": {column: "topic"}})
    with pytest.raises(DataError) as caught:
        plan(recipe, Path("run"), registry)
    assert caught.value.message == f"{files['train']} has no column 'topic'"
    assert caught.value.hint == (
        f"it has: text, label; say which is the {column}: --{column} COLUMN,"
        f" or `columns: {{{column}: COLUMN}}` in a recipe"
    )


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"task": "text-clasification"}, PluginError, "unknown task 'text-clasification'"),
        ({"base": "./nowhere"}, ModelError, "no model directory at ./nowhere"),
        ({"gates": {"metric": "f1"}}, RecipeError, "knows no metric 'f1'"),
        ({"steps": [{"finetune": "ful"}]}, PluginError, "unknown finetuner 'ful'"),
        (
            {"steps": [{"finetune": {"method": "full", "epoch": 1}}]},
            PluginError,
            "finetune full has no option 'epoch'",
        ),
        ({"teacher": "nowhere"}, DataError, "no teacher at nowhere"),
    ],
)
def test_what_would_stop_the_run_is_said_before_it(
    make_recipe, registry, tmp_path, changes, error, message
):
    with pytest.raises(error, match=message):
        plan(make_recipe(**changes), tmp_path / "run", registry)
    assert not (tmp_path / "run").exists()


def test_a_disk_that_is_too_small_is_said_before_the_run(
    make_recipe, registry, tmp_path, monkeypatch
):
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(OutputError, match="its disk has 0 MB left"):
        plan(make_recipe(), tmp_path / "run", registry)


def test_a_directory_that_may_not_be_written_to_is_said_before_the_run(
    make_recipe, registry, tmp_path, monkeypatch
):
    """Asked of the system as a user is, for whoever runs tests as root may write everywhere."""
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    with pytest.raises(OutputError, match=f"{tmp_path} may not be written to"):
        plan(make_recipe(), tmp_path / "runs" / "run", registry)


def test_a_disk_that_may_be_too_small_is_tried_and_told(
    make_recipe, registry, tmp_path, monkeypatch
):
    import shutil

    roomy = plan(make_recipe(), tmp_path / "run", registry)
    assert roomy.bytes_left < roomy.bytes_needed
    assert not roomy.may_fill_the_disk
    usage = shutil.disk_usage(tmp_path)._replace(free=roomy.bytes_left)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    told = plan(make_recipe(), tmp_path / "run", registry).may_fill_the_disk
    assert "often less" in told
    assert "goes on from what was finished" in told


def test_what_is_not_installed_is_said_before_anything_runs(make_recipe, registry, tmp_path):
    steps = [{"finetune": "full"}, {"augment": {"method": "rewrite", "commands": [["no-such"]]}}]
    with pytest.raises(PluginError, match="there is no program no-such"):
        plan(make_recipe(steps=steps), tmp_path / "out", registry)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("task", "gates", "said"),
    [
        ("text-classification", {"max_drop": 5}, "max_drop: 5 is more than all of accuracy"),
        ("text-classification", {"max_drop": 5, "metric": "macro_f1"}, "more than all of macro_f1"),
        ("regression", {"max_drop": 5}, "more than all of r2"),
        ("regression", {"max_drop": 2.5e8, "metric": "mse"}, ""),
    ],
)
def test_a_drop_of_a_share_is_no_percentage(make_recipe, registry, tmp_path, task, gates, said):
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("\n".join(["text,label", *(f"text {n},{n}" for n in range(30))]))
    recipe = make_recipe(
        task=task, data={"train": str(numbers)}, steps=[{"finetune": "full"}], gates=gates
    )
    if said:
        with pytest.raises(RecipeError, match=said) as caught:
            plan(recipe, Path("run"), registry)
        assert caught.value.hint == "write 0.05 for 5 %"
    else:
        assert plan(recipe, Path("run"), registry).recipe.gates.max_drop == 2.5e8
