"""A search for a student of a teacher of two layers, hardly trained.

A student of both layers is its teacher, and one of a single layer is far from it: which one wins
is decided by budgets between what the first run measured.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgeft.artifacts import Bundle, Checkpoint
from edgeft.errors import GateError, RecipeError
from edgeft.pipeline import plan, run
from edgeft.pipeline.claiming import claimed
from edgeft.pipeline.running import Run
from edgeft.pipeline.search import smaller
from edgeft.pipeline.search.searching import search
from edgeft.progress import Silence
from edgeft.recipe import Recipe
from edgeft.registry import Registry
from edgeft.report import Attempt, Report

OWN = ["distill-layers", "prune-vocabulary", "export-onnx", "quantize-dynamic"]
UNTRAINED = {"epochs": 0.1, "learning_rate": 1e-8, "precision": "fp32", "neurons": 64}


@pytest.fixture
def brittle_teacher(tiny_checkpoint, tmp_path) -> Path:
    """A teacher whose second layer turns all signs around, and whose head expects that."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from edgeft.surgery.layers import with_layers

    whole = AutoModelForSequenceClassification.from_pretrained(tiny_checkpoint.path)
    model, _ = with_layers(whole, 2)
    norm = model.bert.encoder.layer[1].output.LayerNorm
    for parameter in (norm.weight, norm.bias, model.bert.pooler.dense.weight):
        parameter.data.neg_()
    out = tmp_path / "teacher"
    model.save_pretrained(out)
    AutoTokenizer.from_pretrained(tiny_checkpoint.path).save_pretrained(out)
    return out


@pytest.fixture
def search_recipe(make_recipe, brittle_teacher):
    def make(**gates):
        return make_recipe(
            teacher=str(brittle_teacher),
            steps=[
                {"augment": "mask"},
                {"distill": {"method": "auto", **UNTRAINED}},
                {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
            ],
            gates=gates,
            bench={"seconds": 0.1},
        )

    return make


def attempts_of(recipe: Recipe, out: Path, registry: Registry) -> list[Attempt]:
    """What a search finds, without the report that follows it."""
    started = Run(recipe, out, registry, Silence(), 1, "cpu", force=False)
    with claimed(out, recipe):
        for node in started.plan.nodes:
            started.make(node)
        return search(started.plan, started.context, started.make).attempts


def cached(report: Report, folder: str) -> dict[str, bool]:
    return {
        Path(step.name).name: step.cached
        for step in report.steps
        if str(Path(step.name).parent) == folder
    }


class Impatient(Silence):
    """Whoever interrupts a search at its second candidate, once that one is trained."""

    second = False

    def note(self, message: str) -> None:
        self.second = self.second or message.startswith("candidate 2 of")

    @contextmanager
    def bar(self, title: str, total: int | None = None, unit: str = "") -> Iterator[Silence]:
        if self.second and title == "counting tokens":
            raise KeyboardInterrupt
        yield self


def outcomes(report: Report) -> dict[str, str]:
    return {each.name: each.outcome for each in report.attempts}


def test_budgets_choose_the_student(search_recipe, registry, tmp_path):
    out = tmp_path / "run"

    def run_with(**gates) -> Report:
        recipe = search_recipe(**gates)
        return run(recipe, out, registry, threads=1, device="cpu", compared=False)

    wide = attempts_of(search_recipe(max_drop=1), out, registry)
    assert [each.outcome for each in wide] == ["chosen", "skipped"]
    first, second = wide
    assert second.reason == "not needed: layers-1 meets every budget"
    assert first.n == 30
    assert first.drop > 0.1
    assert first.drop_interval[0] > 0
    assert first.p50_interval[0] <= first.p50_ms <= first.p50_interval[1]
    small = Bundle.open(out / "candidates/layers-1/quantize-dynamic")
    assert first.size_bytes == small.variant_file().stat().st_size
    assert {"distill": {"method": "layers", "keep": 1, **UNTRAINED}} in first.steps

    recipe = search_recipe(max_drop=first.drop / 2)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, out, registry, progress=Impatient(), threads=1, device="cpu", compared=False)
    strict = run_with(max_drop=first.drop / 2)
    assert outcomes(strict) == {"layers-1": "failed", "layers-2": "chosen"}
    assert strict.attempts[0].reason == f"loses {first.drop:.4f} (allowed {first.drop / 2:g})"
    assert strict.attempts[0].value == first.value
    assert strict.attempts[1].drop <= 1 / 30
    assert strict.row("bundle").value >= strict.row("teacher").value - 1 / 30
    assert cached(strict, ".") == {"data": True, "augment-mask": True}
    assert cached(strict, "candidates/layers-1") == {
        "distill-layers": True,
        "prune-vocabulary": True,
        "export-onnx": True,
        "quantize-dynamic": True,  # for this gate before the interruption
    }
    assert cached(strict, "candidates/layers-2") == {
        name: name == "distill-layers" for name in OWN
    }  # that of the step it was in is made anew
    Bundle.open(out / "bundle").verify()
    page = (out / "report.md").read_text()
    assert "## Students tried" in page
    assert "| layers-2 | 2 of 2 layers |" in page
    assert '<circle cx="' in (out / "report.html").read_text()

    small = Bundle.open(out / "candidates/layers-1/quantize-dynamic")
    least = min(small.variant_file(name).stat().st_size for name in small.manifest.variants)
    with pytest.raises(GateError) as caught:
        run_with(max_drop=first.drop / 2, max_size_mb=0.5 * least / 1e6, max_p50_ms=1e-4)
    assert caught.value.message.startswith("no student meets the budgets; nearest: layers-1")
    assert f"loses {first.drop:.4f}" in caught.value.message
    assert str(out / "report.md") in caught.value.hint
    assert caught.value.table[0][0] == "student"
    assert {row[0] for row in caught.value.table[1:]} == {"layers-1", "layers-1-width-16"}
    failed = Report.model_validate_json((out / "report.json").read_text())
    assert outcomes(failed) == {
        "layers-1": "failed",
        "layers-2": "skipped",
        "layers-1-width-16": "failed",
        "layers-2-width-16": "skipped",
    }
    narrow = Checkpoint.open(out / "candidates/layers-1-width-16/distill-layers")
    assert json.loads((narrow.path / "config.json").read_text())["hidden_size"] == 16
    assert failed.attempts[2].size_bytes < failed.attempts[0].size_bytes
    assert failed.attempts[3].reason.startswith("would have about")
    foreseen = least + 4 * 32 * 32 + 2 * 32 * 64  # a byte for each weight of the second layer
    assert failed.attempts[1].reason.startswith(
        f"would have about {foreseen / 1e6:.3g} MB, for layers-1 has {least / 1e6:.3g}:"
    )
    made = {step.name: step.kind for step in failed.steps if not step.cached}
    assert [made[name] for name in made if "width" not in name] == ["quantize"]
    assert not (out / "bundle").exists()
    Bundle.open(out / "candidates/layers-2/quantize-dynamic").verify()


def test_a_smaller_vocabulary_needs_no_training(search_recipe, registry, tmp_path, monkeypatch):
    monkeypatch.setattr(smaller, "FEWEST", 60)
    monkeypatch.setattr(smaller, "ROUND", 10)
    planned = plan(search_recipe(max_size_mb=0.012), tmp_path / "run", registry)
    whole, fewer = (
        next(each for each in planned.candidates if each.candidate.name == name)
        for name in ("layers-1", "layers-1-tokens-80")
    )
    named = [
        [node.name for node in each.nodes if node.kind != "quantize"] for each in (whole, fewer)
    ]
    assert named[1] == [
        *named[0][:3],
        "candidates/layers-1-tokens-80/prune-vocabulary",
        "candidates/layers-1-tokens-80/export-onnx",
        *named[0][5:],
    ]
    assert named[0][2] == "candidates/layers-1/distill-layers"
    assert fewer.nodes[2].fingerprint == whole.nodes[2].fingerprint
    assert fewer.nodes[3].options.size == 80


def test_the_teacher_itself_ships_where_no_student_is_good_enough(
    make_recipe, registry, tmp_path, tiny_checkpoint
):
    spoilt = {"epochs": 0.5, "learning_rate": 1.0, "precision": "fp32", "matching": None}
    recipe = make_recipe(
        teacher=str(tiny_checkpoint.path),
        steps=[
            {"augment": "mask"},
            {"distill": {"method": "auto", **spoilt}},
            {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
        ],
        gates={"max_drop": 0.05},
        effort="quick",
        bench={"seconds": 0.1},
    )
    report = run(recipe, tmp_path / "run", registry, threads=1, device="cpu", compared=False)

    assert outcomes(report) == {
        "layers-1": "failed",
        "layers-2": "failed",
        "teacher": "chosen",
    }
    assert report.row("bundle").value >= report.row("teacher").value - 0.05
    Bundle.open(tmp_path / "run/bundle").verify()


def test_a_plain_recipe_over_its_budgets_fails_at_the_end_and_keeps_everything(
    make_recipe, registry, tmp_path, tiny_checkpoint
):
    recipe = make_recipe(
        teacher=str(tiny_checkpoint.path),
        steps=[{"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}}],
        gates={"max_size_mb": 0.01, "max_p50_ms": 1e-4},
        bench={"seconds": 0.1},
    )
    out = tmp_path / "run"
    with pytest.raises(GateError) as caught:
        run(recipe, out, registry, threads=1, device="cpu", compared=False)
    report = Report.model_validate_json((out / "report.json").read_text())
    size, time = report.budgets
    exported = Bundle.open(out / "export-onnx")
    assert size.measured == exported.variant_file().stat().st_size / 1e6
    assert not size.passed
    assert not time.passed
    assert caught.value.message == (
        f"the bundle has {size.measured:.3g} MB (allowed 0.01 MB) and"
        f" {time.measured:.3g} ms (allowed 0.0001 ms)"
    )
    assert "distill: {method: auto}, or raise gates.max_size_mb" in caught.value.hint
    assert not (out / "bundle").exists()
    exported.verify()


def test_budgets_change_nothing_that_was_made_but_the_choice_of_a_graph(
    search_recipe, registry, tmp_path
):
    def prints(**gates):
        found = plan(search_recipe(**gates), tmp_path / "run", registry)
        return {node.name: node.fingerprint for each in found.candidates[:1] for node in each.nodes}

    free, bound = prints(max_drop=0.5), prints(max_drop=0.5, max_size_mb=5, max_p50_ms=3)
    assert [name for name in free if free[name] != bound[name]] == [
        "candidates/layers-1/quantize-dynamic"
    ]


def test_several_processes_cannot_search(search_recipe, registry, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RecipeError, match="cannot search in several processes") as caught:
        run(search_recipe(), tmp_path / "run", registry)
    assert "keep: 2" in caught.value.hint
    assert not (tmp_path / "run").exists()


def test_the_student_without_layers_is_tried_first_and_may_ship(
    make_recipe, registry, tmp_path, tiny_checkpoint
):
    recipe = make_recipe(
        teacher=str(tiny_checkpoint.path),
        steps=[
            {"distill": {"method": "auto", "epochs": 2}},
            {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
        ],
        gates={"max_drop": 1},
        bench={"seconds": 0.1},
    )
    out = tmp_path / "run"
    report = run(recipe, out, registry, threads=1, device="cpu")
    first, *others = report.attempts
    assert (first.name, first.outcome) == ("static", "chosen")
    assert {each.outcome for each in others} == {"skipped"}
    assert {row.name for row in report.rows} >= {"teacher", "student", "student-plain", "bundle"}
    Bundle.open(out / "bundle").verify()


def test_what_ships_is_judged_and_not_what_a_step_lost_on_the_way(
    make_recipe, tiny_base, registry, tmp_path
):
    """Here a student that learned nothing learns while its vocabulary is pruned."""
    training = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
    untaught = {"student": str(tiny_base), "keep": 2, "epochs": 0.1, "learning_rate": 1e-8}
    steps = [
        {"finetune": {"method": "full", "epochs": 8, **training}},
        {"augment": {"method": "mask"}},
        {"distill": {"method": "auto", **untaught}},
        {"prune": {"method": "vocabulary", "repair": {"epochs": 8, **training}}},
        {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
    ]
    recipe = make_recipe(steps=steps, gates={"max_drop": 0.1})
    report = run(recipe, tmp_path / "run", registry, threads=1, device="cpu", compared=False)
    student, *later = report.gates
    assert student.interval[0] > 0.1
    assert student.passed
    (chosen,) = report.attempts
    assert chosen.drop <= 0.1
    assert student.note == f"more than allowed, but what ships loses {chosen.drop:.4f} in all"
    assert [each.note for each in later] == ["", "", ""]
