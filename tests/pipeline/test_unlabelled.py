"""Recipes in which a finetuner teaches no labels, or wants texts without any."""

import pytest

from edgeft.errors import ModelError, RecipeError
from edgeft.pipeline import plan, run
from edgeft.pipeline.alone import run_step

ADAPT = {"finetune": {"method": "adapt", "epochs": 0.5, "learning_rate": 1e-3, "precision": "fp32"}}
PROBE = {"finetune": {"method": "probe", "label_names": "no", "strength": 10.0}}


def test_what_was_adapted_is_the_base_of_the_next_finetuner(make_recipe, registry, tmp_path):
    found = plan(make_recipe(steps=[ADAPT, PROBE]), tmp_path / "run", registry)
    assert [node.name for node in found.nodes] == ["data", "finetune-adapt", "finetune-probe"]
    assert found.nodes[2].inputs["base"] == found.nodes[1].path


@pytest.mark.parametrize(
    "step", [{"distill": "layers"}, {"export": "onnx"}, {"prune": "vocabulary"}]
)
def test_a_step_that_needs_labels_is_refused_after_adapt(make_recipe, registry, tmp_path, step):
    with pytest.raises(RecipeError, match="needs a model that knows labels") as told:
        plan(make_recipe(steps=[PROBE, ADAPT, step]), tmp_path / "run", registry)
    assert told.value.hint == "add a step between them, such as finetune: {method: full}"
    assert not (tmp_path / "run").exists()


def test_a_search_for_a_student_is_refused_after_adapt(make_recipe, registry, tmp_path):
    with pytest.raises(RecipeError, match="step distill needs a model that knows labels"):
        plan(make_recipe(steps=[ADAPT, {"distill": "auto"}]), tmp_path / "run", registry)


def test_self_training_is_refused_where_a_recipe_names_no_unlabelled_texts(
    make_recipe, registry, tmp_path
):
    recipe = make_recipe(steps=[{"finetune": "self-training"}])
    with pytest.raises(RecipeError, match="learns from texts without labels") as told:
        plan(recipe, tmp_path / "run", registry)
    assert told.value.hint == "add data.unlabelled: a file of texts, one a line"


def test_a_run_that_only_adapts_is_judged_without_a_model(make_recipe, registry, tmp_path):
    out = tmp_path / "run"
    report = run(make_recipe(steps=[ADAPT]), out, registry, threads=1, device="cpu")
    assert [row.name for row in report.rows] == ["baseline"]
    assert report.verdict == "Nothing was trained."
    adapted = str(out / "finetune-adapt")
    with pytest.raises(ModelError, match="knows no labels: it was adapted to texts alone"):
        run_step("export", "onnx", tmp_path / "b", registry, data=out / "data", model=adapted)


def test_names_of_labels_and_texts_without_any_make_a_bundle(
    make_recipe, registry, tmp_path, files, tiny_dataset
):
    from edgeft.data.rows import open_split
    from edgeft.runtime import load

    pool = tmp_path / "pool.txt"
    pool.write_text("\n".join(open_split(tiny_dataset, "train")["text"][:]))
    held_out = {split: files[split] for split in ("validation", "test")}
    trained = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
    recipe = make_recipe(
        data={
            "labels": {"card": "my card", "cash": "", "transfer": "a transfer"},
            "unlabelled": str(pool),
            **held_out,
        },
        steps=[
            {"finetune": {"method": "self-training", "finetuner": "names", "epochs": 2, **trained}},
            {"distill": {"method": "layers", "keep": 2, "epochs": 6, **trained}},
            {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
            {"quantize": {"method": "dynamic"}},
        ],
    )
    out = tmp_path / "run"
    report = run(recipe, out, registry, threads=1, device="cpu", compared=False)
    assert report.passed
    assert report.row("baseline").n == 30
    assert report.steps[1].figures["finetuner"] == "names"
    with load(out / "bundle") as model:
        assert model("my card").label in ("card", "cash", "transfer")
