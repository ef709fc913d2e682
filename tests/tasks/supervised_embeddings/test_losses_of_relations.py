"""The losses of vectors whose relations are known, against figures by hand."""

from math import exp, log

import pytest
import torch

from edgeft.tasks.supervised_embeddings.losses import gathering, ordering, ranking
from edgeft.tasks.supervised_embeddings.relations import NEGATIVE, PAIR, TEXT

EAST, NORTH, NORTH_EAST = [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]
HALF = 0.5**0.5


def rows(*parts: tuple[list[float], int, int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors, and their groups, roles and texts."""
    return (
        torch.tensor([each[0] for each in parts]),
        torch.tensor([each[1:] for each in parts]),
    )


def test_a_partner_is_told_from_those_of_others() -> None:
    vectors, truth = rows(
        (EAST, 1, TEXT, 1), (NORTH_EAST, 1, PAIR, 2), (NORTH, 2, TEXT, 3), (NORTH, 2, PAIR, 4)
    )
    # cosines with the two partners: 0.707 (own) and 0 of the first text, 1 (own) and 0.707
    first, second = log(1 + exp((0 - HALF) / 0.5)), log(1 + exp((HALF - 1) / 0.5))
    found = float(ranking(vectors, truth, None, 0.5))
    assert found == pytest.approx((first + second) / 2, rel=1e-5)


def test_a_hard_negative_counts_beside_the_partners_of_others() -> None:
    vectors, truth = rows(
        (EAST, 1, TEXT, 1), (NORTH_EAST, 1, PAIR, 2), (EAST, 1, NEGATIVE, 3), (NORTH, 2, PAIR, 4)
    )
    wanted = log(1 + (exp(1) + exp(0)) / exp(HALF))
    assert float(ranking(vectors, truth, None, 1.0)) == pytest.approx(wanted, rel=1e-5)


def test_the_same_text_is_no_negative() -> None:
    vectors, truth = rows(
        (EAST, 1, TEXT, 1), (NORTH, 1, PAIR, 2), (NORTH, 2, PAIR, 2), (EAST, 3, PAIR, 1)
    )
    assert float(ranking(vectors, truth, None, 1.0)) == pytest.approx(0, abs=1e-6)


def test_two_partners_do_not_push_each_other_away() -> None:
    vectors, truth = rows(
        (EAST, 1, TEXT, 1), (EAST, 1, PAIR, 2), (NORTH, 1, PAIR, 3), (NORTH, 2, PAIR, 4)
    )
    each = [log(1 + exp(0 - 1)), log(1 + exp(0 - 0))]
    assert float(ranking(vectors, truth, None, 1.0)) == pytest.approx(sum(each) / 2, rel=1e-5)


def test_a_lower_temperature_makes_the_likest_wrong_text_count_more() -> None:
    vectors, truth = rows(
        (EAST, 1, TEXT, 1), (NORTH, 1, PAIR, 2), (NORTH_EAST, 2, PAIR, 3), (NORTH, 3, PAIR, 4)
    )
    assert float(ranking(vectors, truth, None, 0.1)) > float(ranking(vectors, truth, None, 1.0))


def test_weights_multiply_what_a_text_costs() -> None:
    vectors, truth = rows(
        (EAST, 1, TEXT, 1), (NORTH_EAST, 1, PAIR, 2), (NORTH, 2, TEXT, 3), (NORTH, 2, PAIR, 4)
    )
    first = log(1 + exp(0 - HALF))
    found = float(ranking(vectors, truth, torch.tensor([2.0, 1.0, 0.0, 1.0]), 1.0))
    assert found == pytest.approx(2 * first / 2, rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "truth"),
    [
        (ranking, [[-1, -1, -1], [5, TEXT, 7]]),
        (gathering, [-1, -1]),
        (ordering, [[-1.0, -1.0, 0.0], [5.0, 0.0, 0.5]]),
    ],
)
def test_texts_alone_cost_nothing_and_keep_the_graph(loss, truth) -> None:
    vectors = torch.tensor([EAST, NORTH], requires_grad=True)
    found = loss(vectors, torch.tensor(truth))
    found.backward()
    assert float(found.detach()) == 0
    assert vectors.grad is not None
    assert float(vectors.grad.abs().sum()) == 0


def test_texts_of_a_label_are_gathered_and_those_without_one_left_out() -> None:
    vectors = torch.tensor([EAST, NORTH_EAST, NORTH, NORTH])
    # of the two with label 0: -log of the other's share among two others
    first = -log(exp(HALF) / (exp(HALF) + exp(0)))
    second = -log(exp(HALF) / (exp(HALF) + exp(HALF)))
    found = float(gathering(vectors, torch.tensor([0, 0, 1, -1]), None, 1.0))
    assert found == pytest.approx((first + second) / 2, rel=1e-5)


def scored(*parts: tuple[list[float], list[float], float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors of pairs, and their groups, roles and scores."""
    vectors = [each for one, other, _ in parts for each in (one, other)]
    truth = [[number, role, part[2]] for number, part in enumerate(parts) for role in (TEXT, PAIR)]
    return torch.tensor(vectors), torch.tensor(truth, dtype=torch.float64)


def test_pairs_in_the_wrong_order_cost_what_their_cosines_differ_by() -> None:
    vectors, truth = scored((EAST, NORTH, 5.0), (EAST, NORTH_EAST, 1.0), (EAST, EAST, 5.0))
    # two pairs have a higher score than the second: cosines 0 and 1 against 0.707
    wanted = log(1 + exp(HALF - 0) + exp(HALF - 1))
    assert float(ordering(vectors, truth, None, 1.0)) == pytest.approx(wanted, rel=1e-5)


def test_pairs_of_one_score_have_no_order() -> None:
    vectors, truth = scored((EAST, NORTH, 2.0), (EAST, EAST, 2.0))
    assert float(ordering(vectors, truth, None, 0.05)) == 0


def test_weights_of_two_pairs_multiply_their_term() -> None:
    vectors, truth = scored((EAST, NORTH, 5.0), (EAST, NORTH_EAST, 1.0))
    found = float(ordering(vectors, truth, torch.tensor([0.5, 0.5, 0.2, 0.2]), 1.0))
    assert found == pytest.approx(log(1 + 0.1 * exp(HALF)), rel=1e-5)
