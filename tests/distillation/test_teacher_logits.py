"""A teacher's logits, kept on disk by content."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from edgeft.artifacts import Checkpoint
from edgeft.data.rows import open_split
from edgeft.distillation import teacher_logits as room
from edgeft.distillation.teacher_logits import content_key, teacher_outputs
from edgeft.errors import ModelError
from edgeft.evaluation import logits_of
from edgeft.runtime import load
from edgeft.training.arrays import keep, kept_array


@pytest.fixture
def rows(topics):
    return open_split(topics, "validation")


def test_they_are_the_logits_of_the_teacher_in_the_order_of_the_rows(
    teacher, rows, tmp_path, make_context
):
    made = make_context()
    found = teacher_outputs(teacher, rows, tmp_path, made).values
    expected = logits_of(teacher, rows["text"][:], task=made.task)
    np.testing.assert_allclose(found, expected, atol=0.1)  # bf16 keeps 8 bits
    np.testing.assert_array_equal(found.argmax(axis=1), expected.argmax(axis=1))
    assert isinstance(found, np.memmap)


def test_a_bundle_answers_through_its_runtime(tiny_bundle, tiny_dataset, tmp_path, make_context):
    rows = open_split(tiny_dataset, "validation")
    found = teacher_outputs(tiny_bundle, rows, tmp_path, make_context()).values
    with load(tiny_bundle.path, device="cpu", threads=1) as model:
        expected = model.logits(rows["text"][:])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_they_are_computed_once(teacher, rows, tmp_path, make_context, monkeypatch):
    first = teacher_outputs(teacher, rows, tmp_path, make_context()).values
    monkeypatch.setattr(room, "said_in", None)  # calling it would fail
    second = teacher_outputs(Checkpoint.open(teacher.path), rows, tmp_path, make_context()).values
    np.testing.assert_array_equal(first, second)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_file_is_made_again(teacher, rows, tmp_path, make_context):
    first = np.array(teacher_outputs(teacher, rows, tmp_path, make_context()).values)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:200])
    np.testing.assert_array_equal(
        teacher_outputs(teacher, rows, tmp_path, make_context()).values, first
    )


def test_other_texts_and_other_orders_are_other_content(teacher, rows):
    key = content_key(teacher, rows)
    assert key == content_key(teacher, rows)
    assert key != content_key(teacher, rows.select(range(10)))
    assert key != content_key(teacher, rows.select(range(len(rows))[::-1]))


def test_a_teacher_that_was_changed_in_place_is_another(teacher, rows, tmp_path):
    """Nobody looks at the checksums of one that no step of a run made."""
    shutil.copytree(teacher.path, tmp_path / "teacher")
    mine = Checkpoint.open(tmp_path / "teacher")
    assert content_key(mine, rows) == content_key(teacher, rows)
    weights = tmp_path / "teacher" / "model.safetensors"
    weights.chmod(0o644)
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    assert content_key(mine, rows) != content_key(teacher, rows)


def test_text_boundaries_are_part_of_the_content(teacher, rows):
    one = rows.select([0, 1]).map(lambda row, n: {"text": ["ab", "c"][n]}, with_indices=True)
    other = rows.select([0, 1]).map(lambda row, n: {"text": ["a", "bc"][n]}, with_indices=True)
    assert content_key(teacher, one) != content_key(teacher, other)


def test_a_teacher_that_answers_no_numbers_is_refused(teacher, rows, tmp_path, make_context):
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in teacher.path.iterdir():
        if file.name != "edgeft.json":
            (broken / file.name).write_bytes(file.read_bytes())
    weights = load_file(broken / "model.safetensors")
    weights["classifier.bias"] = torch.full_like(weights["classifier.bias"], float("nan"))
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="logits that are no numbers"):
        teacher_outputs(Checkpoint.open(broken), rows, tmp_path / "cache", make_context())
    assert not (tmp_path / "cache").exists()


def test_other_processes_wait_for_the_main_one(teacher, rows, tmp_path, make_context, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    logits = np.ones((len(rows), 3), dtype=np.float32)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(teacher_outputs, teacher, rows, tmp_path, make_context())
        time.sleep(0.5)
        assert not waiting.done()
        keep(tmp_path / f"{content_key(teacher, rows)}.npy", logits)
        np.testing.assert_array_equal(waiting.result(timeout=10).values, logits)


def test_an_array_of_another_shape_is_no_reason_to_wait(tmp_path):
    with pytest.raises(ValueError, match=r"\(2, 3\) was made where \(4, 3\)"):
        kept_array(tmp_path / "array.npy", (4, 3), lambda: np.zeros((2, 3), np.float32))
