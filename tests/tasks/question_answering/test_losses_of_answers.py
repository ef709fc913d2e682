import json
import math

import numpy as np
import pytest
import torch

from edgeft.tasks import UNLABELLED
from edgeft.tasks.question_answering import QuestionAnswering

TASK = QuestionAnswering()
NAMES = ["start", "end"]
UNITS = np.array([(0, 0), (0, 3), (4, 7), (8, 14), (15, 17)], np.int32)


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ([[4, 14]], [0, 0, 1, 2, 0]),
        ([[8, 14]], [0, 0, 0, 3, 0]),
        ([[5, 9]], [0, 0, 1, 2, 0]),
        ([], [3, 0, 0, 0, 0]),
        ([[15, 30]], [3, 0, 0, 0, 0]),
        ([[15, 30], [0, 3]], [0, 3, 0, 0, 0]),
    ],
)
def test_labels_of_units_say_where_an_answer_starts_and_ends(answer, labels):
    assert TASK.tags(json.dumps(answer), UNITS, NAMES).tolist() == labels


def test_a_row_that_nobody_answered_has_no_labels():
    assert set(TASK.tags(None, UNITS, NAMES).tolist()) == {UNLABELLED}


def test_an_answer_that_a_window_cuts_is_not_in_it():
    assert TASK.tags("[[2, 7]]", UNITS[[0, 2, 3, 4]], NAMES).tolist() == [3, 0, 0, 0]
    assert TASK.tags("[[8, 17]]", UNITS[:4], NAMES).tolist() == [3, 0, 0, 0]
    assert TASK.tags("[[0, 3]]", UNITS[:1], NAMES).tolist() == [3]


def test_the_loss_is_the_mean_surprise_of_start_and_end_among_the_units():
    logits = torch.tensor([[[0.0, 0.0], [9.0, 9.0], [1.0, 0.0], [0.0, 2.0]]])
    labels = torch.tensor([[0, UNLABELLED, 1, 2]])
    start = math.log(math.exp(0) + math.exp(1) + math.exp(0)) - 1
    end = math.log(math.exp(0) + math.exp(0) + math.exp(2)) - 2
    assert TASK.loss(logits, labels, None).item() == pytest.approx((start + end) / 2)
    twice = TASK.loss(logits, labels, torch.tensor([2.0]))
    assert twice.item() == pytest.approx(start + end)


def test_windows_without_labels_cost_nothing():
    logits = torch.zeros(2, 3, 2, requires_grad=True)
    labels = torch.tensor([[3, 0, 0], [UNLABELLED] * 3])
    loss = TASK.loss(logits, labels, None)
    assert loss.item() == pytest.approx(math.log(3))
    loss.backward()
    assert logits.grad[1].abs().sum() == 0
    none = TASK.loss(torch.zeros(1, 3, 2), torch.full((1, 3), UNLABELLED), None)
    assert none.item() == 0


def test_the_soft_loss_is_the_divergence_from_the_teacher_among_the_units():
    student = torch.tensor([[[0.0, 1.0], [5.0, 5.0], [2.0, 0.0]]])
    teacher = torch.tensor([[[1.0, 1.0], [math.nan, math.nan], [0.0, 3.0]]])
    rows = torch.tensor([0, 2])
    wanted = torch.log_softmax(teacher[:, rows] / 2, 1)
    given = torch.log_softmax(student[:, rows] / 2, 1)
    divergence = (wanted.exp() * (wanted - given)).sum() / 2
    found = TASK.soft_loss(student, teacher, 2.0)
    assert found.item() == pytest.approx(4 * divergence.item(), rel=1e-5)
    assert TASK.soft_loss(teacher.nan_to_num(), teacher, 2.0).item() == pytest.approx(0, abs=1e-6)


def test_what_a_teacher_says_goes_to_where_starts_and_ends_are():
    spans = np.array([(0, 0), (0, 3), (3, 6), (7, 9)], np.int32)
    values = np.array([(1, 1), (3, 0), (0, 4), (2, 2)], np.float32)
    one_word = np.array([(0, 0), (0, 6), (7, 9)], np.int32)
    found = TASK.moved(values, spans, one_word, NAMES)
    wanted = [math.log(math.exp(2) + math.exp(-1)), math.log(math.exp(-1) + math.exp(3))]
    assert found[0].tolist() == [0, 0]
    assert found[1].tolist() == pytest.approx(wanted, rel=1e-5)
    assert found[2].tolist() == [1, 1]
    pieces = np.array([(0, 0), (0, 1), (1, 3), (3, 6), (7, 9)], np.int32)
    found = TASK.moved(values, spans, pieces, NAMES)
    assert found[1].tolist() == pytest.approx([2, -30])
    assert found[2].tolist() == pytest.approx([-30, -1])


def test_what_is_said_in_windows_is_moved_into_windows():
    spans = np.array([(0, 0), (0, 1), (2, 3), (0, 0), (2, 3), (4, 5)], np.int32)
    values = np.array([(1, 1), (2, 2), (3, 3), (5, 5), (6, 6), (9, 9)], np.float32)
    units = np.array([(0, 0), (0, 1), (2, 3), (4, 5)], np.int32)
    found = TASK.moved(values, spans, units, NAMES)
    assert found[:, 0].tolist() == pytest.approx([0, 1, 2, 4], abs=1e-5)
    back = TASK.moved(np.float32([[0, 0], [1, 1], [2, 2], [4, 4]]), units, spans, NAMES)
    assert back[:, 1].tolist() == pytest.approx([0, 1, 2, 0, 2, 4], abs=1e-5)
