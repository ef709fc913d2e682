"""The static student: what it starts from, what it learns, and the way to its bundle."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from topics import WORDS, rows_of

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import EdgeftError
from edgeft.evaluation import evaluate, logits_of
from edgeft.registry import Registry
from edgeft.runtime import load
from edgeft.training.encoding import load_tokenizer
from edgeft_static import StaticOptions
from edgeft_static.vectors import frame, initial_vectors, outputs_alone, projected

SMALL = {"epochs": 20, "batch_size": 16, "width": 16, "buckets": 64, "hidden": 32}


@pytest.fixture(scope="module")
def make_student(
    registry: Registry,
    teacher: Checkpoint,
    topics: Dataset,
    make_context: Callable[..., Context],
) -> Callable[..., Checkpoint]:
    """Distils the topics' teacher into a small table."""
    step: Any = registry.step("distill", "static")

    def make(
        taught_by: Checkpoint | Bundle = teacher, data: Dataset = topics, **options: Any
    ) -> Checkpoint:
        settings = registry.options("distill", "static", SMALL | options)
        made: Checkpoint = step(settings, make_context()).run(taught_by, data)
        return made

    return make


@pytest.fixture(scope="module")
def student(make_student: Callable[..., Checkpoint]) -> Checkpoint:
    return make_student()


@pytest.fixture(scope="module")
def int8(
    registry: Registry,
    student: Checkpoint,
    topics: Dataset,
    make_context: Callable[..., Context],
) -> Bundle:
    """The student exported and quantized by the built-in steps."""
    export: Any = registry.step("export", "onnx")
    bundle = export(registry.options("export", "onnx", {}), make_context()).run(student, topics)
    quantize: Any = registry.step("quantize", "dynamic")
    made: Bundle = quantize(registry.options("quantize", "dynamic", {}), make_context()).run(
        bundle, topics
    )
    return made


def test_student_answers_as_its_teacher(
    student: Checkpoint,
    teacher: Checkpoint,
    topics: Dataset,
    make_context: Callable[..., Context],
) -> None:
    assert student.labels == teacher.labels != topics.labels
    found = evaluate(student, topics, "validation", task=make_context().task)
    assert found.scores.metrics["accuracy"] == 1.0
    [record] = [each for each in student.manifest.history if each.method == "static"]
    assert record.figures["vectors_from"] == "teacher"
    assert record.figures["transfer_rows"] == {"labelled": 120, "copies": 0, "unlabelled": 60}


def test_both_graphs_of_its_bundle_answer_as_the_checkpoint(
    int8: Bundle,
    student: Checkpoint,
    topics: Dataset,
    make_context: Callable[..., Context],
) -> None:
    task = make_context().task
    texts = ["the goal of the team", "", "   ", "soup", "laptop " * 500, "\x00 ünseen 漢字 🙂"]
    expected = logits_of(student, texts, task=task)
    assert np.isfinite(expected).all()
    fp32 = logits_of(int8, texts, task=task, variant="fp32")
    assert np.abs(fp32 - expected).max() < 1e-3
    quantized = logits_of(int8, texts, task=task, variant="int8")
    assert np.abs(quantized - expected).max() < 0.1 * np.abs(expected).max()
    with load(int8.path) as model:
        assert model.selftest().passed


def test_no_capture_was_refused(int8: Bundle) -> None:
    [record] = [each for each in int8.manifest.history if each.kind == "export"]
    assert record.figures["refused"] == {}
    assert {"trace", "dynamo"} <= set(record.figures["graphs"])
    assert all(each["parity"]["mask_effect"] > 0 for each in record.figures["graphs"].values())


def test_a_bundle_teaches_a_student_that_starts_at_random(
    int8: Bundle, make_student: Callable[..., Checkpoint]
) -> None:
    student = make_student(int8, epochs=1)
    [*_, record] = student.manifest.history
    assert record.figures["vectors_from"] == "chance"


def test_several_teachers_teach_as_one(
    int8: Bundle, make_student: Callable[..., Checkpoint], teacher: Checkpoint, topics: Dataset
) -> None:
    alone, of_two = make_student(epochs=1), make_student(epochs=1, teachers=[str(int8.path)])
    assert of_two.manifest.history[-1].inputs == {
        "teacher": teacher.digest,
        "teacher_2": int8.digest,
        "data": topics.digest,
    }
    assert of_two.digest != alone.digest


@pytest.fixture
def no_cheese(make_data: Callable[..., Dataset]) -> Dataset:
    """Texts on the topics that lack a word."""
    rows = [row for row in rows_of(120, seed=0, first=0) if "cheese" not in row["text"]]
    return make_data(sorted(WORDS), train=rows[:-20], validation=rows[-20:])


def test_student_has_the_tokens_of_its_texts_and_what_any_text_needs(
    make_student: Callable[..., Checkpoint], teacher: Checkpoint, no_cheese: Dataset
) -> None:
    student = make_student(data=no_cheese, epochs=1, reserve=0)
    [*_, record] = student.manifest.history
    tokenizer, whole = load_tokenizer(student.path), load_tokenizer(teacher.path)
    assert len(tokenizer) == record.figures["vocabulary"] < record.figures["vocabulary_of"]
    assert tokenizer.tokenize("soup for the team!") == whole.tokenize("soup for the team!")
    assert tokenizer.tokenize("cheese") != whole.tokenize("cheese")
    assert tokenizer.unk_token not in tokenizer.tokenize("cheese")


@pytest.mark.parametrize("use_unlabelled", [True, False])
def test_student_has_the_tokens_of_the_pool_that_it_learns_from(
    use_unlabelled: bool,
    make_student: Callable[..., Checkpoint],
    make_data: Callable[..., Dataset],
    teacher: Checkpoint,
) -> None:
    rows = [row for row in rows_of(120, seed=0, first=0) if "cheese" not in row["text"]]
    pool = [{"text": "cheese for the team", "label": None}]
    data = make_data(sorted(WORDS), train=rows[:-20], validation=rows[-20:], unlabelled=pool)
    student = make_student(data=data, epochs=1, reserve=0, use_unlabelled=use_unlabelled)
    tokenizer, whole = load_tokenizer(student.path), load_tokenizer(teacher.path)
    assert (tokenizer.tokenize("cheese") == whole.tokenize("cheese")) is use_unlabelled


def test_pruning_the_vocabulary_of_a_student_changes_no_answer(
    registry: Registry,
    student: Checkpoint,
    no_cheese: Dataset,
    make_context: Callable[..., Context],
) -> None:
    context = make_context()
    prune: Any = registry.step("prune", "vocabulary")
    pruned = prune(registry.options("prune", "vocabulary", {"reserve": 0}), context).run(
        student, no_cheese
    )
    assert len(load_tokenizer(pruned.path)) < len(load_tokenizer(student.path))
    texts = open_split(no_cheese, "validation")["text"][:]
    small, large = (logits_of(each, texts, task=context.task) for each in (pruned, student))
    np.testing.assert_allclose(small, large, atol=1e-5)


def test_same_seed_makes_the_same_student(make_student: Callable[..., Checkpoint]) -> None:
    first, second = make_student(epochs=1), make_student(epochs=1)
    assert first.digest == second.digest


def test_vectors_of_tokens_are_the_teachers_outputs_for_them_alone(
    each_tiny_checkpoint: Checkpoint, context: Context
) -> None:
    encoder = context.task.load_model(each_tiny_checkpoint.path).base_model.eval()
    tokenizer = load_tokenizer(each_tiny_checkpoint.path)
    before, after = frame(tokenizer)
    assert [*before, *after] == tokenizer("")["input_ids"]
    tokens = np.array([9, len(tokenizer) - 1])
    found = outputs_alone(encoder, tokenizer, tokens, context)
    assert found.shape == (2, encoder.config.hidden_size)
    ids = torch.tensor([[*before, int(tokens[1]), *after]])
    with torch.inference_mode():
        states = encoder(input_ids=ids, attention_mask=torch.ones_like(ids))[0]
    np.testing.assert_allclose(found[1], states[0, len(before)], atol=0.05)  # bf16 where it pays


def test_directions_of_most_variance_come_first() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(200, 3)) * [0.1, 5.0, 1.0] + 7
    found = projected(vectors, np.ones(200, dtype=bool), 5)
    centred = np.abs(vectors - vectors.mean(axis=0))
    np.testing.assert_allclose(np.abs(found[:, 0]), centred[:, 1], atol=0.5)
    np.testing.assert_allclose(found.std(axis=0)[2:], [0.1, 0.0, 0.0], atol=0.02)


def test_common_tokens_start_small() -> None:
    outputs = np.random.default_rng(0).normal(size=(100, 16)).astype(np.float32)
    counts = np.ones(100, dtype=np.int64)
    evenly = initial_vectors(outputs, counts, 8)
    assert evenly.std().item() == pytest.approx(0.3, abs=1e-3)
    counts[-1] = 10**6
    unevenly = initial_vectors(outputs, counts, 8)
    assert unevenly[-1].norm() < 0.01 * evenly[-1].norm()


def test_buckets_that_are_no_power_of_two_are_refused(registry: Registry) -> None:
    with pytest.raises(EdgeftError, match="buckets is no power of two"):
        registry.options("distill", "static", {"buckets": 1000})


def test_plain_options_learn_from_labels_alone(context: Context) -> None:
    from edgeft_static import Static

    plain = Static(StaticOptions(teachers=["other"]), context).plain()
    assert plain.teachers == []
    assert (plain.soft, plain.hard, plain.use_copies, plain.use_unlabelled) == (0, 1, False, False)
