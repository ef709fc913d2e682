"""The loss of vectors, against figures by hand."""

import pytest
import torch

from edgeft.tasks.sentence_embeddings import SentenceEmbeddings
from edgeft.tasks.sentence_embeddings.losses import RELATIONS, apart

TASK = SentenceEmbeddings()
TEACHER = torch.tensor([[1.0, 0.0], [0.0, 1.0]])


def test_the_teachers_vectors_cost_nothing_whatever_their_length() -> None:
    assert float(apart(3 * TEACHER, TEACHER)) == pytest.approx(0, abs=1e-6)


def test_turned_vectors_cost_their_cosines_alone() -> None:
    assert float(apart(torch.tensor([[0.0, 1.0], [-1.0, 0.0]]), TEACHER)) == pytest.approx(1)


def test_vectors_that_fell_together_cost_their_relations_too() -> None:
    fallen = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    # cosines 1 and 0; of four relations the two between the rows are 1 where 0 is wanted
    assert float(apart(fallen, TEACHER)) == pytest.approx(0.5 + RELATIONS * 0.5)


def test_the_soft_loss_is_that_of_the_vectors_at_any_temperature() -> None:
    vectors = torch.tensor([[1.0, 1.0], [0.0, 1.0]])
    found = [float(TASK.soft_loss(vectors, TEACHER, each)) for each in (1.0, 4.0)]
    assert found == pytest.approx([float(apart(vectors, TEACHER))] * 2)


def test_rows_without_an_answer_cost_nothing_and_keep_the_graph() -> None:
    logits = torch.ones(2, 2, requires_grad=True)
    loss = TASK.loss(logits, torch.from_numpy(TASK.truth([None, None], [])), None)
    loss.backward()
    assert float(loss.detach()) == 0
    assert logits.grad is not None
    assert float(logits.grad.abs().sum()) == 0


def test_a_teachers_vectors_are_a_truth_to_learn_from() -> None:
    assert float(TASK.loss(TEACHER, TEACHER, None)) == pytest.approx(0, abs=1e-6)
