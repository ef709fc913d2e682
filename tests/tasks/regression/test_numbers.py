"""Numbers, their losses and their correlations, against values computed by hand."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from edgeft.errors import DataError
from edgeft.tasks.regression.head import scaled
from edgeft.tasks.regression.losses import squared_error
from edgeft.tasks.regression.metrics import difference_interval, pearson, score, spearman
from edgeft.tasks.regression.numbers import tenths, values, write
from edgeft_distill.shaping import own_loss


@pytest.mark.parametrize("given", ["3.5", 3.5, np.float64(3.5), " 3.5 "])
def test_numbers_are_written_in_one_way(given: object) -> None:
    assert write(given) == "3.5"


@pytest.mark.parametrize("given", ["3,5", "many", None, True, "nan", math.inf, [1]])
def test_what_is_no_number_is_refused(given: object) -> None:
    with pytest.raises(DataError, match="not a number"):
        write(given)


@pytest.mark.parametrize("given", ["1e39", -2e15])
def test_a_number_whose_square_float32_cannot_hold_is_refused(given: object) -> None:
    with pytest.raises(DataError, match="too large to learn"):
        write(given)
    assert write(1e15) == "1000000000000000.0"


def test_a_number_loses_nothing_by_being_written() -> None:
    assert float(write(0.1 + 0.2)) == 0.1 + 0.2


def test_rows_without_a_number_are_nan() -> None:
    np.testing.assert_array_equal(values(["1.5", None]), np.array([1.5, np.nan], np.float32))


def test_splits_take_their_share_of_every_tenth() -> None:
    found = tenths([str(float(number)) for number in range(100)])
    assert np.bincount(found).tolist() == [10] * 10


def test_correlations_are_those_of_scipy() -> None:
    random = np.random.default_rng(0)
    one = random.normal(size=50)
    other = np.round(one + random.normal(size=50), 1)  # with ties
    assert pearson(one, other) == pytest.approx(stats.pearsonr(one, other).statistic)
    assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    assert pearson(one, np.ones(50)) == 0.0


def test_figures_have_intervals_around_them() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=80).astype(np.float32)
    found = score(truth, truth + random.normal(size=80).astype(np.float32))
    for name, value in found.metrics.items():
        low, high = found.intervals[name]
        assert low <= value <= high
    assert difference_interval(truth, truth, truth, "mse") == (0.0, 0.0)


def test_the_loss_is_the_squared_difference_of_rows_with_a_number() -> None:
    logits, numbers = torch.tensor([[1.0], [5.0]]), torch.tensor([3.0, math.nan])
    assert squared_error(logits, numbers).item() == pytest.approx(4.0)
    assert squared_error(logits, numbers, torch.tensor([0.5, 1.0])).item() == pytest.approx(2.0)


def test_a_new_head_begins_at_the_mean_and_moves_in_units_of_the_spread() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
    before = model[1].weight.clone()
    rates = scaled(model, np.array([100.0, 300.0, np.nan], np.float32))
    assert rates == {"1.weight": 100.0, "1.bias": 100.0}
    assert model[1].bias.item() == 200.0
    torch.testing.assert_close(model[1].weight, before * 100)


def test_a_narrow_student_keeps_what_moves_the_number() -> None:
    logits = torch.tensor([[2.0], [3.0]], requires_grad=True)
    own_loss(logits, {}).sum().backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [[1.0], [1.0]]
