"""What a metric comes to where every row gets the same answer, and models that reach no more."""

import numpy as np
import pytest

from edgeft.tasks.multi_label import MultiLabel
from edgeft.tasks.regression import Regression
from edgeft.tasks.text_classification import TextClassification
from edgeft.tasks.token_classification import TokenClassification

LABELS = np.array([0, 0, 0, 1])


@pytest.mark.parametrize(
    ("task", "metric", "floor"),
    [
        (TextClassification(), "accuracy", 0.75),
        (TextClassification(), "macro_f1", 0.0),
        (TokenClassification(), "f1", 0.0),
        (MultiLabel(), "micro_f1", 0.0),
        (Regression(), "r2", 0.0),
        (Regression(), "mse", None),
    ],
)
def test_one_answer_to_every_row_reaches_the_floor(task, metric, floor):
    assert task.floor(metric, LABELS) == floor


@pytest.mark.parametrize(("value", "learnt"), [(0.5, False), (0.75, False), (0.76, True)])
def test_a_model_has_learnt_something_above_the_floor(value, learnt):
    said = TextClassification().nothing_learnt("accuracy", value, LABELS)
    assert (said == "") == learnt
    assert learnt or said.startswith(f"accuracy {value:.4f} is no more than")


def test_no_error_is_too_small_to_have_been_learnt():
    assert Regression().nothing_learnt("mse", 0.0, LABELS) == ""


def test_without_rows_nothing_bounds_accuracy():
    assert TextClassification().floor("accuracy", LABELS[:0]) == 0.0
