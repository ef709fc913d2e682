"""What steps do with texts that belong together: one by one, and on the command line."""

import json
import random
from pathlib import Path

import pytest

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.cli import main
from edgeft.data import DataSource
from edgeft.data.rows import answers_of, open_split
from edgeft.errors import PluginError
from edgeft.pipeline.alone import run_step
from edgeft.recipe import load_recipe
from edgeft.registry import Registry
from edgeft.tasks.supervised_embeddings import EmbeddingsFromPairs

TASK = EmbeddingsFromPairs()
WORDS = ["card", "chip", "cash", "machine", "transfer", "account", "payee", "coins"]
QUICK = {"epochs": 1, "learning_rate": 1e-3, "batch_size": 16, "precision": "fp32"}


@pytest.fixture
def source(tmp_path: Path) -> DataSource:
    """60 pairs and 12 texts alone."""
    chooser = random.Random(0)
    lines = []
    for number in range(60):
        words = " ".join(chooser.sample(WORDS, 3))
        row = {"text": f"{words} {number}", "pair": f"please {words.split()[0]}"}
        lines.append(json.dumps(row))
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pool = [f"{chooser.choice(WORDS)} and {chooser.choice(WORDS)}, {each}" for each in range(12)]
    (tmp_path / "pool.txt").write_text("\n".join(pool) + "\n", encoding="utf-8")
    return DataSource(
        train=str(tmp_path / "pairs.jsonl"),
        unlabelled=str(tmp_path / "pool.txt"),
        validation_size=0.2,
    )


@pytest.fixture
def encoder(tiny_base: Path, tmp_path: Path, source: DataSource, registry: Registry) -> Path:
    """The tiny model as it is, and its dataset beside it."""
    out = tmp_path / "teacher"
    run_step("finetune", "embed", out, registry, data=source, model=str(tiny_base), task=TASK.name)
    return out


def test_a_student_learns_from_pairs_and_from_texts_alone(encoder, tmp_path, registry) -> None:
    data = Dataset.open(tmp_path / "teacher.data")
    assert set(answers_of(open_split(data, "unlabelled"))) == {None}
    made = run_step(
        "distill", "layers", tmp_path / "student", registry, data=data.path, model=str(encoder),
        settings=QUICK | {"keep": 1}, task=TASK.name,
    )  # fmt: skip
    figures = made.manifest.history[-1].figures
    assert figures["transfer_rows"]["unlabelled"] > 0
    assert 0 < figures["log"][-1]["mrr"] <= 1
    assert Checkpoint.open(tmp_path / "student").labels == []


def test_copies_belong_to_what_their_parents_do(encoder, tmp_path, registry) -> None:
    made = run_step(
        "augment", "delete", tmp_path / "more", registry, data=tmp_path / "teacher.data",
        task=TASK.name,
    )  # fmt: skip
    rows = open_split(made, "train")
    answer_of = dict(zip(rows["id"], rows["label"], strict=True))
    copies = [row for row in rows if row["parent"] is not None]
    assert copies
    assert all(row["label"] == answer_of[row["parent"]] for row in copies)


def test_a_review_calls_no_partner_a_duplicate(encoder, tmp_path, registry) -> None:
    made = run_step(
        "clean", "review", tmp_path / "clean", registry, data=tmp_path / "teacher.data",
        settings={"apply": True, "checks": ["duplicate", "contradiction", "overlap"]},
        task=TASK.name,
    )  # fmt: skip
    before = Dataset.open(tmp_path / "teacher.data").manifest.rows
    assert made.manifest.rows == before


def test_the_temperature_is_of_vectors_alone(registry) -> None:
    full = registry.step("finetune", "full")
    full.check_task(full.Options(temperature=0.02), TASK)
    with pytest.raises(PluginError, match="temperature is of vectors, and regression answers"):
        full.check_task(full.Options(temperature=0.02), registry.task("regression"))
    with pytest.raises(PluginError, match="mixup asks for one label a text"):
        full.check_task(full.Options(mixup=0.2), TASK)


def test_evaluate_and_init_know_the_columns(encoder, tmp_path, capsys, source) -> None:
    assert main(["evaluate", str(encoder), "--data", source.train, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 60
    assert set(found["metrics"]) == set(TASK.metrics)
    out = tmp_path / "recipe.yaml"
    asked = ["--train", source.train, "--base", str(tmp_path / "teacher"), "--yes", "--out"]
    assert main(["init", "--task", TASK.name, *asked, str(out)]) == 0
    recipe = load_recipe(out)
    assert (recipe.data.columns.text, recipe.data.columns.pair) == ("text", "pair")
    assert recipe.gates.metric == "mrr"
    assert "label" not in capsys.readouterr().err
