"""A teacher's units find a student's by their characters, and its answers their tokens."""

import numpy as np
import pytest

from edgeft.runtime.outputs import Outputs
from edgeft.tasks.token_classification import TokenClassification
from edgeft.training.aligning import aligned
from edgeft.training.batches import Encoded, Units
from edgeft.training.teaching import teaching

TASK, NAMES = TokenClassification(), ["O", "I-x"]
# "ab cd" as two words, and a text of one word, by the teacher's tokenizer
TEACHER = Outputs(
    np.array([[1, 0], [2, 0], [3, 0]], np.float32),
    np.array([0, 2, 3]),
    np.array([[0, 2], [3, 5], [0, 4]], np.int32),
)


def test_units_of_the_same_tokenizer_are_taken_as_they_are() -> None:
    assert aligned(TEACHER, TEACHER.starts, TEACHER.spans, TASK, NAMES) is TEACHER.values


def test_a_unit_gets_what_was_said_of_the_one_that_holds_its_first_character() -> None:
    starts = np.array([0, 3, 5])
    spans = np.array([[0, 1], [1, 2], [3, 5], [0, 4], [5, 9]], np.int32)
    found = aligned(TEACHER, starts, spans, TASK, NAMES)
    assert found[:4, 0].tolist() == [1, 1, 2, 3]
    assert np.isnan(found[4]).all()  # the teacher cut that text sooner


def test_of_the_units_that_one_holds_those_behind_the_first_go_on() -> None:
    names = ["O", "B-x", "I-x"]
    said = Outputs(
        np.array([[0, 3, 1], [2, 0, 0]], np.float32), np.array([0, 2]), np.array([[0, 4], [5, 6]])
    )
    spans = np.array([[0, 2], [2, 3], [3, 4], [5, 6]], np.int32)
    found = aligned(said, np.array([0, 4]), spans, TASK, names)
    assert found.argmax(axis=1).tolist() == [1, 2, 2, 0]
    assert found[[0, 3]].tolist() == [[0, 3, 1], [2, 0, 0]]
    assert found[1].tolist() == [0, 0, pytest.approx(np.logaddexp(3, 1))]


def test_a_batch_has_the_teachers_answers_where_tokens_speak_for_units() -> None:
    encoded = Encoded(
        ids=np.arange(9, dtype=np.int32),
        starts=np.array([0, 5, 9]),
        units=Units(
            places=np.array([1, 3, 1], np.int32),
            starts=np.array([0, 2, 3]),
            spans=TEACHER.spans,
        ),
    )
    found = teaching(encoded, TEACHER.values)(np.array([1, 0]))["teacher_logits"].numpy()
    assert found.shape == (2, 5, 2)
    assert found[0, 1].tolist() == [3, 0]
    assert found[1, [1, 3]].tolist() == [[1, 0], [2, 0]]
    assert np.isnan(found[0, [0, 2, 3, 4]]).all()
    assert np.isnan(found[1, [0, 2, 4]]).all()


def test_texts_as_a_whole_have_one_answer_each() -> None:
    encoded = Encoded(ids=np.arange(4, dtype=np.int32), starts=np.array([0, 2, 4]))
    found = teaching(encoded, np.array([[1, 2], [3, 4]], np.float32))(np.array([1]))
    assert found["teacher_logits"].tolist() == [[3, 4]]
