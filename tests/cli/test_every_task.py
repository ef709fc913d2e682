"""Commands that are given a bundle take one of any task."""

import json
import re
import shutil
from pathlib import Path

import pytest
from every_task import TASKS, dataset_of, row_of

ANSWERED = {
    "number": "a number",
    "span": "a part of the second text, or none",
    "vector": "a vector of length 1",
}
"""kinds of answer that are no labels"""


@pytest.fixture(params=TASKS)
def made(request, make_every_task):
    return make_every_task(request.param)


def test_inspect_says_what_a_bundle_answers_with(edgeft, made, registry):
    done = edgeft("inspect", made.bundle)
    assert (done.code, done.err) == (0, "")
    (line,) = [each for each in done.out.splitlines() if each.startswith(("  answers", "  labels"))]
    answer = registry.task(made.task).answer
    if answer in ANSWERED:
        assert line.split(maxsplit=1) == ["answers", ANSWERED[answer]]
    else:
        assert int(line.split()[1].rstrip(":")) >= 2


def test_verify_finds_a_bundle_whole(edgeft, made):
    done = edgeft("verify", made.bundle)
    assert (done.code, done.err) == (0, "")
    assert "whole, and" in done.out


def test_predict_answers_every_row_of_a_file(edgeft, made):
    done = edgeft("predict", made.bundle, "--file", made.texts, "--json")
    assert done.code == 0
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert len(answers) == len(made.texts.read_text().splitlines())
    if made.task not in ("fill-mask", "relation-extraction"):  # whose texts are shown as asked
        assert [each["text"] for each in answers] == [
            row_of(made.task, number)["text"] for number in range(len(answers))
        ]
    assert all(len(each) > 1 for each in answers)


def test_so_many_labels_are_refused_of_a_model_that_does_not_choose_one(
    edgeft, make_every_task, tmp_path
):
    made = make_every_task("multi-label-classification")
    out = tmp_path / "answers.csv"
    done = edgeft("predict", made.bundle, "a text", "--top-k", "3", "--out", out)
    assert (done.code, out.exists()) == (2, False)
    assert "--top-k is for one label a text" in done.err
    assert edgeft("predict", made.bundle, "a text").code == 0


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@pytest.mark.parametrize("task", ["multi-label-classification", "token-classification"])
def test_answers_can_be_read_as_rows_of_training_data(
    edgeft, make_every_task, registry, tmp_path, task, suffix
):
    made, out = make_every_task(task), tmp_path / f"answers.{suffix}"
    assert edgeft("predict", made.bundle, "--file", made.texts, "--out", out).code == 0
    done = edgeft("evaluate", made.bundle, "--data", out, "--json")
    assert done.code == 0, done.err
    metric = registry.task(task).metric
    assert json.loads(done.out)["metrics"][metric] == 1  # by what it said itself


def test_predict_answers_with_labels_that_it_is_given(edgeft, make_every_task):
    made = make_every_task("embeddings-from-pairs")
    done = edgeft("predict", made.bundle, "--file", made.texts, "--labels", "card,cash")
    assert done.code == 0, done.err
    assert {line.split("\t")[0] for line in done.out.splitlines()} <= {"card", "cash"}


def test_evaluate_scores_a_bundle_as_the_model_that_it_was_made_of(edgeft, made, registry):
    task, rows = registry.task(made.task), len(made.texts.read_text().splitlines())
    of_checkpoint, of_bundle = (
        json.loads(edgeft("evaluate", model, "--data", made.texts, "--json").out)
        for model in (made.checkpoint, made.bundle)
    )
    assert of_bundle["n"] >= rows
    assert set(of_bundle["metrics"]) == set(task.metrics)
    if task.decides:  # by thresholds that a bundle has from validation, which are these rows
        metric = task.metric
        assert of_bundle["metrics"][metric] >= of_checkpoint["metrics"][metric] - 0.05
    else:
        assert of_bundle["metrics"] == pytest.approx(of_checkpoint["metrics"], rel=0.01, abs=0.05)


def test_bench_times_a_bundle_on_its_own_texts(edgeft, made):
    asked = ("--seconds", "0.1", "--cold-starts", 0, "--batch-size", 4, "--json")
    done = edgeft("bench", made.bundle, *asked)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["texts"]["n"] >= 24
    assert [row["batch_size"] for row in found["rows"]] == [4]


def test_tune_chooses_what_a_bundle_runs_with(edgeft, made, tmp_path):
    bundle = shutil.copytree(made.bundle, tmp_path / "bundle")
    done = edgeft("tune", bundle, "--threads", 1)
    assert done.code == 0, done.err
    assert (bundle / "tuning.json").exists()
    assert "times as fast as the bundle as built" in done.out


SNIPPETS = {
    "embeddings-from-pairs": "sentence-embeddings",
    "multi-label-classification": "multi-label-classification",
    "pair-classification": "pair-classification",
    "text-classification": "text-classification",
    "text-similarity": "regression",
}
"""pages in docs/tasks, by the task of the bundle that their snippet loads"""


@pytest.mark.parametrize("task", SNIPPETS)
def test_snippet_of_a_tasks_page_runs(task, make_every_task, tmp_path, monkeypatch):
    page = Path(__file__).parents[2] / "docs" / "tasks" / f"{SNIPPETS[task]}.md"
    (snippet,) = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    (tmp_path / "bundle").symlink_to(make_every_task(task).bundle)
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, str(page), "exec"), {})


@pytest.mark.parametrize(("language", "suffix"), [("csv", "csv"), ("json", "jsonl")])
def test_rows_of_the_page_of_text_classification_are_read(language, suffix, tmp_path, registry):
    page = Path(__file__).parents[2] / "docs" / "tasks" / "text-classification.md"
    (rows,) = re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    (tmp_path / f"rows.{suffix}").write_text(rows)
    task = registry.task("text-classification")
    data = dataset_of(task, tmp_path / f"rows.{suffix}", tmp_path / "data")
    assert data.labels == ["card", "cash"]
