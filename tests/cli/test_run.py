"""`edgeft plan` and `edgeft run`: what is shown, what is left behind, what is not done again."""

import json

import pyarrow.parquet as pq
import pytest

from edgeft.artifacts import Bundle
from edgeft.pipeline.claiming import claimed
from edgeft.recipe import load_recipe
from edgeft.report import Report

STEPS = """
  - finetune: {method: full, epochs: 1, batch_size: 16, precision: fp32}
  - distill: {method: layers, keep: 2, epochs: 1, batch_size: 16, precision: fp32}
  - export: {method: onnx, strategies: [trace]}
  - quantize: dynamic
"""


def split_files(data, write_csv, *splits):
    """Splits of a dataset as a user's own files."""
    tables = {split: pq.read_table(data.split_file(split)).to_pylist() for split in splits}
    return [
        write_csv(f"{split}.csv", [(row["text"], row["label"]) for row in rows])
        for split, rows in tables.items()
    ]


@pytest.fixture
def recipe(tiny_dataset, write_csv, write_recipe):
    """A recipe that takes seconds, on texts that have a validation and a test file."""
    train, validation, test = split_files(tiny_dataset, write_csv, "train", "validation", "test")
    data = f"{{train: '{train}', validation: '{validation}', test: '{test}'}}"
    return write_recipe(
        "", steps=STEPS, data=data, gates="{max_drop: 1}",
        bench="{seconds: 0.2}",
    )  # fmt: skip


def test_plan_lists_steps_and_writes_nothing(edgeft, recipe, tmp_path, snapshot):
    before = snapshot(tmp_path)
    done = edgeft("plan", recipe, "--out", tmp_path / "run")

    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == [
        "data", "finetune-full", "distill-layers", "export-onnx", "quantize-dynamic",
        "student-plain",
    ]  # fmt: skip
    assert all(line.endswith("to do") for line in lines[1:-1])
    assert lines[-1].startswith(f"{tmp_path / 'run'} needs up to ")
    assert snapshot(tmp_path) == before


def test_plan_refuses_a_directory_that_a_run_would_refuse(edgeft, recipe, tmp_path):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter.txt").write_text("mine")
    refused = [
        f"error: {out} exists already, and no run made it",
        "hint: name another, or add --force",
    ]
    for command in ("plan", "run"):
        done = edgeft(command, recipe, "--out", out)
        assert (done.code, done.out, done.err.splitlines()) == (1, "", refused)

    assert edgeft("plan", recipe, "--out", out, "--force").code == 0
    (out / "chapter.txt").unlink()
    assert edgeft("plan", recipe, "--out", out).code == 0


def test_plan_says_what_only_a_run_can_find_out(edgeft, write_recipe, tmp_path):
    done = edgeft("plan", write_recipe("some/texts:en"), "--out", tmp_path / "run")

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-2] == (
        "not checked: train some/texts:en is a data set of the hub: whether it can be had, the run"
        " will find out"
    )


def test_plan_names_the_directory_that_init_proposes(edgeft, recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert edgeft("plan", recipe).out.splitlines()[-1].startswith("runs/recipe needs up to ")


def test_plan_as_json_has_options_and_fingerprints(edgeft, recipe):
    found = json.loads(edgeft("plan", recipe, "--set", "distill.epochs=3", "--json").out)
    steps = {step["name"]: step for step in found["steps"]}

    assert steps["distill-layers"]["options"]["epochs"] == 3
    assert steps["distill-layers"]["inputs"] == {"data": "data", "teacher": "finetune-full"}
    assert len({step["fingerprint"] for step in steps.values()}) == len(steps)


@pytest.mark.slow
def test_a_run_shows_its_rows_and_is_cached_the_second_time(edgeft, recipe, tmp_path):
    out = tmp_path / "run"
    first = edgeft("run", recipe, "--out", out)

    assert first.code == 0, first.err
    rows = [line.split()[0] for line in first.out.partition("\n\n")[0].splitlines()[1:]]
    assert rows[:5] == ["baseline", "teacher", "student-plain", "student", "bundle"]
    assert "gate distill-layers: accuracy " in first.out
    assert first.out.splitlines()[-2:] == [
        f"bundle: {out / 'bundle'}",
        f"report: {out / 'report.md'}",
    ]
    assert "3 labels in train:" in first.err
    assert "finetune-full starts" in first.err
    report = Report.model_validate_json((out / "report.json").read_text(encoding="utf-8"))
    assert report.row("bundle").n == 30
    Bundle.open(out / "bundle").verify()

    second = edgeft("run", recipe, "--out", out, "--json")
    assert second.code == 0
    assert all(step["cached"] for step in json.loads(second.out)["steps"])
    assert "finetune-full: cached" in second.err
    planned = edgeft("plan", recipe, "--out", out).out
    assert planned.count("cached") == 6
    assert planned.endswith(f"{out} has all of it: a run makes nothing anew\n")

    changed = edgeft("plan", recipe, "--out", out, "--set", "quantize.method=static").out
    assert [line.split()[0] for line in changed.splitlines() if "to do" in line] == [
        "quantize-static"
    ]


@pytest.mark.slow
def test_a_gate_that_fails_ends_in_two_lines_and_keeps_the_report(
    edgeft, tiny_dataset, write_csv, write_recipe, make_tiny_base, tmp_path
):
    """The student starts from an untrained model, and learns nothing."""
    train, validation = split_files(tiny_dataset, write_csv, "train", "validation")
    steps = f"""
  - finetune: {{method: full, epochs: 8, learning_rate: 3e-3, batch_size: 8, precision: fp32}}
  - distill: {{method: layers, student: '{make_tiny_base("bert")}', epochs: 1, learning_rate: 1e-9}}
"""
    data = f"{{train: '{train}', validation: '{validation}'}}"
    recipe = write_recipe("", steps=steps, data=data, gates="{max_drop: 0}", bench="{seconds: 0.1}")
    out = tmp_path / "run"
    done = edgeft("run", recipe, "--out", out)

    assert done.code == 1
    error, hint = done.last_two
    assert error.startswith("error: distill-layers loses ")
    assert hint.startswith(f"hint: see {out / 'report.md'}")
    assert (out / "report.json").is_file()
    assert not (out / "bundle").exists()

    again = edgeft("run", recipe, "--out", out, "--json")
    assert (again.code, again.last_two[0]) == (1, error)
    assert not json.loads(again.out)["gates"][0]["passed"]


@pytest.mark.slow
def test_budgets_that_no_student_met_end_with_1_in_a_table_and_keep_all(
    edgeft, tiny_checkpoint, tiny_dataset, write_csv, write_recipe, tmp_path
):
    """A billionth of a second cannot be foreseen: the students are made, and then fail."""
    train, validation = split_files(tiny_dataset, write_csv, "train", "validation")
    steps = """
  - distill: {method: auto, keep: 1, neurons: 64, epochs: 0.1, learning_rate: 1e-8}
  - export: {method: onnx, strategies: [trace], rewrites: []}
"""
    data = f"{{train: '{train}', validation: '{validation}'}}"
    recipe = write_recipe(
        "", teacher=tiny_checkpoint.path, steps=steps, data=data,
        gates="{max_drop: 1, max_p50_ms: 1e-6}", bench="{seconds: 0.1}",
    )  # fmt: skip
    out = tmp_path / "run"
    done = edgeft("run", recipe, "--out", out)

    assert done.code == 1
    assert "error: no student meets the budgets; nearest: " in done.err
    lines = [line.split() for line in done.err.splitlines()]
    header = next(words for words in lines if words[:1] == ["student"])
    assert {"accuracy", "loss", "size", "p50"} <= set(header)
    assert " ms (allowed 1e-06 ms" in done.err
    assert done.last_two[1].startswith(f"hint: see {out / 'report.md'}")
    assert len(list(out.glob("candidates/*/quantize-dynamic/edgeft.json"))) >= 2
    assert not (out / "bundle").exists()


def test_second_run_says_who_is_in_its_way(edgeft, write_recipe, train_csv, tmp_path):
    out = tmp_path / "run"
    recipe = write_recipe(train_csv)
    with claimed(out, load_recipe(recipe)):
        done = edgeft("run", recipe, "--out", out)
    assert (done.code, done.last_two) == (
        1,
        [
            f"error: another run is at work in {out}",
            "hint: wait until it ends, or name another --out",
        ],
    )
