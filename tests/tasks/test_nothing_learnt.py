"""Models that answer no better than one answer to every text have learnt nothing."""

import numpy as np
import pytest

from edgeft.runtime.outputs import Outputs
from edgeft.tasks.question_answering import QuestionAnswering
from edgeft.tasks.regression import Regression
from edgeft.tasks.text_classification import TextClassification
from edgeft.tasks.token_classification import TokenClassification

NAMES = ["common", "rare"]
TRUTH = np.array([0] * 90 + [1] * 10)


def answering(answers: list[int]) -> Outputs:
    return Outputs(np.eye(len(NAMES), dtype=np.float32)[answers])


@pytest.mark.parametrize(
    ("answers", "learnt"),
    [
        ([0] * 100, False),  # the most frequent label to every text
        ([1] * 100, False),
        ([0] * 80 + [1] * 20, True),  # the rare ones are found, with as many false alarms
        ([0] * 91 + [1] * 9, True),
        ([0] * 80 + [1] * 10 + [0] * 10, False),  # worse than either
    ],
)
@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_what_one_answer_reaches_too_is_nothing(answers, learnt, metric):
    task = TextClassification()
    metrics = task.score(TRUTH, answering(answers), NAMES).metrics
    said = task.nothing_learnt(metric, metrics, TRUTH)
    assert (said == "") == learnt
    assert learnt or said.startswith(f"accuracy {metrics['accuracy']:.4f} is no more than")


def test_rows_of_one_label_tell_nothing():
    task, truth = TextClassification(), np.zeros(5, int)
    metrics = task.score(truth, answering([0] * 5), NAMES).metrics
    assert task.nothing_learnt("accuracy", metrics, truth) == ""


def test_answers_no_better_than_silence_are_nothing():
    task = QuestionAnswering()
    truth = task.truth_in([("where?", "in Bonn")] * 4, ["[]", "[]", "[]", "[[3, 7]]"], [])
    assert task.nothing_learnt("f1", {"f1": 0.75}, truth) == (
        "f1 0.7500 is no more than 0.7500, which never answering gets"
    )
    assert task.nothing_learnt("exact_match", {"f1": 0.8, "exact_match": 0.1}, truth) == ""
    assert task.nothing_learnt("f1", {"f1": 0.2}, truth[3:]) == ""  # silence gets nothing
    assert task.nothing_learnt("f1", {"f1": 1.0}, truth[:3]) == ""  # nor can more be got


def test_where_more_is_better_0_is_nothing():
    assert TokenClassification().nothing_learnt("f1", {"f1": 0.0}, TRUTH) == "f1 is 0.0000"
    assert TokenClassification().nothing_learnt("f1", {"f1": 0.01}, TRUTH) == ""
    assert Regression().nothing_learnt("r2", {"r2": -0.5}, TRUTH) == "r2 is -0.5000"
    assert Regression().nothing_learnt("mse", {"mse": 0.0}, TRUTH) == ""
