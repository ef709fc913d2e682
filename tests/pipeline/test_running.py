import json
import os
import signal
import subprocess
import sys
import time
import types

import numpy as np
import pytest
from notes import Notes

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.data.rows import open_split
from edgeft.errors import GateError, OutputError, PluginError
from edgeft.evaluation import evaluate
from edgeft.pipeline import plan, run
from edgeft.pipeline.answers import Answers
from edgeft.plugin import Augmenter, Options, hookimpl
from edgeft.registry import load_plugins
from edgeft.report import Report
from edgeft.runtime import load

STEPS = ["finetune-full", "augment-mask", "distill-layers", "export-onnx", "quantize-dynamic"]


@pytest.fixture
def run_it(registry, tmp_path):
    def start(recipe, **options):
        return run(recipe, tmp_path / "run", registry, threads=1, device="cpu", **options)

    return start


def test_a_recipe_becomes_a_bundle_and_a_report(make_recipe, run_it, tmp_path):
    report = run_it(make_recipe(export={"method": "onnx"}))

    out = tmp_path / "run"
    rows = {row.name: row for row in report.rows}
    assert list(rows) == ["baseline", "teacher", "student-plain", "student", "bundle"]
    assert all(row.split == "test" and row.n == 30 for row in report.rows)
    assert rows["teacher"].value > 0.8
    assert rows["bundle"].size_bytes < rows["teacher"].size_bytes
    assert all(rows[name].p50_ms > 0 for name in ("baseline", "teacher", "student", "bundle"))
    assert [gate.step for gate in report.gates] == STEPS[2:]
    assert all(gate.n == 30 for gate in report.gates)
    assert "baseline" in report.verdict
    gain = rows["bundle"].value - rows["baseline"].value
    assert rows["bundle"].gain == pytest.approx(gain)
    low, high = rows["bundle"].gain_interval
    assert low <= gain <= high
    taught = rows["student"].value - rows["student-plain"].value
    assert rows["student"].taught == pytest.approx(taught)
    assert "the same student trained without its teacher" in report.verdict

    assert Report.model_validate_json((out / "report.json").read_text()) == report
    assert (out / "report.md").read_text().startswith("#")
    assert "<html" in (out / "report.html").read_text()

    bundle = Bundle.open(out / "bundle")
    bundle.verify()
    assert [record.kind for record in bundle.manifest.history] == [
        "data", "finetune", "augment", "distill", "export", "quantize",
    ]  # fmt: skip
    assert bundle.manifest.metrics["value"] == rows["bundle"].value
    with load(out / "bundle") as model:
        assert model.selftest().passed
        assert model("please help with a contactless today").label == "card"

    again = run_it(make_recipe(export={"method": "onnx"}))
    assert all(step.cached for step in again.steps)
    assert [row.value for row in again.rows] == [row.value for row in report.rows]


def test_a_changed_step_is_run_again_and_no_other(make_recipe, run_it):
    steps = [{"finetune": {"method": "full", "epochs": 1}}, {"augment": {"method": "mask"}}]
    run_it(make_recipe(steps=steps), compared=False)
    steps[1]["augment"]["copies"] = 2
    again = run_it(make_recipe(steps=steps), compared=False)
    assert {step.name: step.cached for step in again.steps} == {
        "data": True,
        "finetune-full": True,
        "augment-mask": False,
    }


def test_what_a_teacher_gave_is_told_of_the_student_before_it_was_cut(
    make_recipe, run_it, tmp_path, registry
):
    training = {"learning_rate": 3e-3, "batch_size": 8}
    steps = [
        {"finetune": {"method": "full", "epochs": 8, **training}},
        {"distill": {"method": "layers", "keep": 1, "epochs": 8, **training}},
        {"prune": {"method": "vocabulary", "size": 85}},
    ]
    report = run_it(make_recipe(steps=steps, gates={"max_drop": 1.0}))
    data, task = Dataset.open(tmp_path / "run" / "data"), registry.task("text-classification")
    found = {
        name: evaluate(
            Checkpoint.open(tmp_path / "run" / name), data, "test", task=task
        ).scores.metrics["accuracy"]
        for name in ("distill-layers", "prune-vocabulary", "student-plain")
    }
    student = report.row("student")
    assert student.value == pytest.approx(found["prune-vocabulary"])
    assert student.as_taught == pytest.approx(found["distill-layers"])
    assert student.taught == pytest.approx(found["distill-layers"] - found["student-plain"])
    assert f"Before it was cut, at {student.as_taught:.4f}, it" in report.verdict


def test_a_step_that_loses_too_much_fails_the_run_and_keeps_everything(
    make_recipe, run_it, tmp_path, tiny_base
):
    untaught = {"student": str(tiny_base), "epochs": 0.1, "learning_rate": 1e-8}
    steps = [
        {"finetune": {"method": "full", "epochs": 8, "learning_rate": 3e-3, "batch_size": 8}},
        {"distill": {"method": "layers", **untaught}},
        {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
    ]
    notes = Notes()
    with pytest.raises(GateError, match=r"distill-layers loses 0\.\d+ accuracy on 30 validation"):
        run_it(make_recipe(steps=steps, gates={"max_drop": 0.01}), compared=False, progress=notes)
    out = tmp_path / "run"
    failed = Report.model_validate_json((out / "report.json").read_text())
    assert [gate.passed for gate in failed.gates] == [False, True]
    assert failed.verdict.startswith("No bundle is delivered: distill-layers loses 0.")
    early = [each for each in notes.said if "max_drop" in each or "no bundle will be" in each]
    assert early[0].startswith("a max_drop of 0.01 cannot be resolved by 30 texts")
    assert early[1].startswith("distill-layers loses 0.") and len(early) == 2
    assert not (out / "bundle").exists()
    Bundle.open(out / "export-onnx").verify()


def test_a_recipe_without_export_leaves_no_bundle_of_an_earlier_one(make_recipe, run_it, tmp_path):
    (tmp_path / "run" / "bundle").mkdir(parents=True)
    (tmp_path / "run" / "recipe.json").write_text("{}")
    run_it(make_recipe(steps=[{"finetune": {"method": "full", "epochs": 1}}]), compared=False)
    assert not (tmp_path / "run" / "bundle").exists()


def test_a_step_that_writes_nothing_is_named(make_recipe, tmp_path):
    class Idle(Augmenter[Options]):
        """Adds no rows, and writes nothing."""

        name = "idle"
        Options = Options

        def run(self, data: Dataset) -> Dataset:
            return data

    plugin = types.ModuleType("idle")
    plugin.edgeft_register_augmenters = hookimpl(specname="edgeft_register_augmenters")(
        lambda: [Idle]
    )
    earlier, notes = tmp_path / "run" / "bundle", Notes()
    earlier.mkdir(parents=True)
    (tmp_path / "run" / "recipe.json").write_text("{}")
    with pytest.raises(PluginError) as caught:
        run(
            make_recipe(steps=[{"augment": "idle"}, {"finetune": "full"}]),
            tmp_path / "run",
            load_plugins([("idle", plugin)]),
            progress=notes,
        )
    assert notes.said[-1] == f"{earlier} and the report beside it are of an earlier run"
    assert earlier.is_dir()
    assert caught.value.message == (
        f"augment idle (plugin 'idle') returned what stands at {tmp_path / 'run/data'} and wrote"
        f" nothing to {tmp_path / 'run/augment-idle'}"
    )


def test_a_directory_that_no_run_made_is_refused(make_recipe, run_it, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="no run made it"):
        run_it(make_recipe())
    assert (tmp_path / "run" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("killed_in", ["finetune-full", "distill-layers"])
def test_a_killed_run_goes_on_with_the_step_it_was_killed_in(
    make_recipe, run_it, tmp_path, killed_in
):
    recipe = make_recipe()
    saved = tmp_path / "recipe.json"
    saved.write_text(recipe.model_dump_json())
    code = (
        "import sys; from pathlib import Path\n"
        "from edgeft.pipeline import run\n"
        "from edgeft.recipe import Recipe\n"
        "from edgeft.registry import load_plugins\n"
        "recipe = Recipe.model_validate_json(Path(sys.argv[1]).read_text())\n"
        "run(recipe, Path(sys.argv[2]), load_plugins(), threads=1, device='cpu')\n"
    )
    out = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, str(saved), str(out)])
    deadline = time.monotonic() + 120
    while not list(out.glob(f".{killed_in}.*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (out / killed_in).exists()

    report = run_it(recipe, compared=False)
    names = ["data", *STEPS]
    before = names[: names.index(killed_in)]
    assert [step.name for step in report.steps if step.cached] == before
    assert not [path for path in out.iterdir() if ".partial" in path.name]
    assert not list(out.glob(".*.scratch"))


def test_a_distributed_run_writes_one_of_everything(make_recipe, tmp_path):
    steps = [{"finetune": {"method": "full", "epochs": 2, "precision": "fp32"}}]
    recipe = make_recipe(steps=steps).model_dump(mode="json")
    recipe["steps"] = steps
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
            "--standalone", "-m", "edgeft", "run", tmp_path / "recipe.yaml",
            "--out", tmp_path / "run",
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = Report.model_validate_json((tmp_path / "run" / "report.json").read_text())
    assert report.row("teacher").n == 30
    assert Dataset.open(tmp_path / "run" / "data").manifest.rows["train"] == 96
    assert not list((tmp_path / "run").glob(".*partial*"))


def test_a_result_that_was_changed_is_made_again(make_recipe, run_it, tmp_path):
    recipe = make_recipe()
    run_it(recipe, compared=False)
    weights = tmp_path / "run" / "finetune-full" / "model.safetensors"
    before = weights.read_bytes()
    weights.write_bytes(before[:-4] + bytes(each ^ 255 for each in before[-4:]))
    report = run_it(recipe, compared=False)
    assert [step.name for step in report.steps if not step.cached] == ["finetune-full"]
    assert weights.read_bytes() == before


def test_what_is_made_anew_is_asked_anew(make_recipe, run_it, registry, make_context, tmp_path):
    """As where another variant was the fastest, this time."""
    recipe, out = make_recipe(), tmp_path / "run"
    run_it(recipe, compared=False)
    made = plan(recipe, out, registry)
    answers = Answers(made, Dataset.open(out / "data"), make_context())
    file = made.bundle.path / "edgeft.json"
    manifest = json.loads(file.read_text())
    found = {}
    for variant in ("int8", "fp32"):
        file.write_text(json.dumps(manifest | {"chosen": variant}))
        found[variant] = answers.outputs(made.bundle.path, "test").values
        with load(made.bundle.path, verify=False) as model:
            texts = open_split(answers.data, "test")["text"]
            np.testing.assert_array_equal(found[variant], model.outputs(texts).values)
    assert (found["int8"] != found["fp32"]).any()
