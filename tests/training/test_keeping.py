"""Which evaluation's weights are kept."""

import pytest

from edgeft.tasks.regression import TextSimilarity
from edgeft.tasks.text_classification import TextClassification
from edgeft.training import TrainingOptions
from edgeft.training.keeping import kept_of, standard_error


def kept(*accuracies: float, rows: int = 100, **options) -> int:
    """The number of the evaluation that is kept."""
    log = [{"step": step, "accuracy": value} for step, value in enumerate(accuracies)]
    found = kept_of(log, "accuracy", TextClassification(), TrainingOptions(**options), rows)
    return int(found["step"])


def test_best_is_the_first_of_the_best_and_last_is_the_last() -> None:
    assert kept(0.8, 0.9, 0.9, 0.7, weights="best") == 1
    assert kept(0.8, 0.9, 0.9, 0.7, weights="last") == 3


def test_auto_keeps_the_last_unless_the_best_leads_by_more_than_a_standard_error() -> None:
    assert standard_error(0.9, 96) == pytest.approx((0.884 * 0.116 / 100) ** 0.5)
    assert kept(0.8, 0.9, 0.88) == 2
    assert kept(0.8, 0.9, 0.86) == 1
    assert kept(0.8, 0.9, 0.88, rows=1000) == 1


def test_a_perfect_score_on_few_texts_is_not_sure() -> None:
    assert kept(0.9, 1.0, 29 / 30, rows=30) == 2
    assert kept(0.9, 1.0, 27 / 30, rows=30) == 1


def test_auto_keeps_the_best_of_a_metric_of_which_less_is_better() -> None:
    log = [{"step": step, "mse": value} for step, value in enumerate([0.2, 0.1, 0.11])]
    found = kept_of(log, "mse", TextSimilarity(), TrainingOptions(), 100)
    assert found["step"] == 1


def test_early_stopping_keeps_the_best() -> None:
    assert kept(0.8, 0.9, 0.89, early_stopping=1) == 1


def test_a_number_that_is_no_share_has_no_standard_error() -> None:
    assert standard_error(3.2, 100) == 0
