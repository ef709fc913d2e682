"""What learns a sentence encoder's vectors, and what refuses to."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.data import DataSource
from edgeft.data.rows import answers_of, open_split
from edgeft.errors import ModelError, PluginError
from edgeft.evaluation import evaluate, outputs_of
from edgeft.pipeline.alone import run_step
from edgeft.registry import Registry
from edgeft.tasks.sentence_embeddings import SentenceEmbeddings

TASK = SentenceEmbeddings()
WORDS = ["card", "chip", "cash", "machine", "transfer", "account", "payee", "coins"]
LEARNING = {
    "keep": 1,
    "epochs": 2,
    "learning_rate": 5e-4,
    "batch_size": 16,
    "precision": "fp32",
}


@pytest.fixture
def source(tmp_path: Path) -> DataSource:
    """90 texts with labels that nobody is to read, of which some are split off."""
    chooser = random.Random(0)
    lines = [
        json.dumps({"text": f"{' '.join(chooser.sample(WORDS, 3))} {number}", "label": number})
        for number in range(90)
    ]
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return DataSource(train=str(path), validation_size=0.2, test_size=0.2)


@pytest.fixture
def encoder(
    tiny_base: Path, tmp_path: Path, source: DataSource, registry: Registry
) -> tuple[Checkpoint, Dataset]:
    """The tiny model as a sentence encoder, and its dataset."""
    made = run_step(
        "finetune",
        "embed",
        tmp_path / "teacher",
        registry,
        data=source,
        model=str(tiny_base),
        task=TASK.name,
    )
    assert isinstance(made, Checkpoint)
    return made, Dataset.open(tmp_path / "teacher.data")


def test_texts_are_split_and_their_other_columns_are_not_read(encoder) -> None:
    _, data = encoder
    assert data.labels == []
    assert min(data.manifest.rows.values()) >= 10
    for split in data.splits:
        assert set(answers_of(open_split(data, split))) == {None}


def test_an_encoder_is_taken_as_it_is(encoder, tiny_base) -> None:
    made, _ = encoder
    texts = ["a card", "the cash machine"]
    before = TASK.load_model(tiny_base)
    assert made.manifest.history[-1].figures["pooling"] == "mean"
    assert outputs_of(made, texts, task=TASK).values.shape == (2, before.config.hidden_size)
    for name, weights in TASK.load_model(made.path).state_dict().items():
        assert (weights == before.state_dict()[name]).all()


@pytest.mark.parametrize("further", [{}, {"neurons": 32}])
def test_students_learn_vectors(encoder, tmp_path, registry, further) -> None:
    teacher, data = encoder
    made = run_step(
        "distill",
        "layers",
        tmp_path / "student",
        registry,
        data=data.path,
        model=str(teacher.path),
        settings=LEARNING | further,
        task=TASK.name,
    )
    log = made.manifest.history[-1].figures["log"]
    assert log[-1]["cosine"] > log[0]["cosine"]
    assert 0 < log[-1]["similarity"] < 1
    texts = open_split(data, "test")["text"][:]
    one, other = (outputs_of(each, list(texts), task=TASK).values for each in (teacher, made))
    assert np.linalg.norm(other, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)
    assert (one * other).sum(axis=1).mean() > 0.5


def test_a_student_keeps_the_pooling_of_its_teacher(encoder, tmp_path, registry) -> None:
    teacher, data = encoder
    made = run_step(
        "distill",
        "layers",
        tmp_path / "student",
        registry,
        data=data.path,
        model=str(teacher.path),
        settings=LEARNING | {"epochs": 0.5},
        task=TASK.name,
    )
    assert TASK.load_model(made.path).config.pooling == "mean"


def test_a_narrower_student_is_refused_by_its_width(encoder, tmp_path, registry) -> None:
    teacher, data = encoder
    with pytest.raises(ModelError, match="vectors have 16 numbers, and its teacher's 32"):
        run_step(
            "distill",
            "layers",
            tmp_path / "student",
            registry,
            data=data.path,
            model=str(teacher.path),
            settings=LEARNING | {"width": 16},
            task=TASK.name,
        )


@pytest.mark.parametrize("method", ["full", "lora", "probe", "auto", "contrastive"])
def test_finetuners_of_labels_refuse_the_task(registry, method) -> None:
    step = registry.step("finetune", method)
    with pytest.raises(PluginError, match=f"finetune {method} does not work for sentence-embedd"):
        step.check_task(step.Options(), TASK)


def test_other_tasks_refuse_to_take_an_encoder_as_it_is(registry) -> None:
    step = registry.step("finetune", "embed")
    with pytest.raises(PluginError, match="finetune embed does not work for regression"):
        step.check_task(step.Options(), registry.task("regression"))


def test_a_folder_is_read_without_its_labels(tmp_path, tiny_base, registry) -> None:
    (tmp_path / "texts").mkdir()
    for number in range(20):
        (tmp_path / "texts" / f"{number}.txt").write_text(f"{WORDS[number % 8]} {number}")
    made = run_step(
        "finetune",
        "embed",
        tmp_path / "teacher",
        registry,
        data=DataSource(train=str(tmp_path / "texts")),
        model=str(tiny_base),
        task=TASK.name,
    )
    found = evaluate(made, Dataset.open(tmp_path / "teacher.data"), "validation", task=TASK)
    assert found.scores.metrics == {"similarity": 1, "cosine": 1}
