import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from edgeft.intervals import interval, samples
from edgeft.tasks.text_classification.metrics import (
    accuracy,
    confusion_matrix,
    counted,
    macro_f1,
    score,
)

NAMES = ["card", "cash", "transfer"]


def logits_for(answers: list[int]) -> np.ndarray:
    return np.eye(len(NAMES), dtype=np.float32)[answers]


def test_scores_are_those_computed_by_hand() -> None:
    found = score(np.array([0, 0, 1, 1, 2]), logits_for([0, 1, 1, 1, 0]), NAMES)

    assert found.n == 5
    assert found.metrics["accuracy"] == pytest.approx(3 / 5)
    # card: 1 of 2 answers, 1 of 2 rows; cash: 2 of 3 answers, 2 of 2 rows; transfer: none
    assert [row["f1"] for row in found.per_class] == pytest.approx([0.5, 0.8, 0.0])
    assert found.metrics["macro_f1"] == pytest.approx((0.5 + 0.8 + 0.0) / 3)
    assert [row["support"] for row in found.per_class] == [2, 2, 1]
    assert found.confusion == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_scores_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    labels, answers = random.integers(0, 3, 200), random.integers(0, 3, 200)

    found = score(labels, logits_for(answers.tolist()), NAMES)

    precision, recall, f1, support = precision_recall_fscore_support(labels, answers)
    assert [row["precision"] for row in found.per_class] == pytest.approx(precision.tolist())
    assert [row["recall"] for row in found.per_class] == pytest.approx(recall.tolist())
    assert [row["f1"] for row in found.per_class] == pytest.approx(f1.tolist())
    assert [row["support"] for row in found.per_class] == support.tolist()


def test_outcomes_add_up_to_confusion_matrices() -> None:
    labels, answers = np.array([0, 0, 1, 1, 2, 1]), np.array([0, 1, 1, 1, 0, 1])
    drawn = np.array([[1, 1, 1, 1, 1, 1], [0, 3, 2, 0, 1, 0], [0, 0, 0, 0, 0, 0]])
    found = counted(drawn, labels, answers, 4)
    for sample, times in enumerate(drawn):
        confusion = confusion_matrix(np.repeat(labels, times), np.repeat(answers, times), 4)
        assert found.right[sample].tolist() == np.diagonal(confusion).tolist()
        assert found.answered[sample].tolist() == confusion.sum(axis=0).tolist()
        assert found.present[sample].tolist() == confusion.sum(axis=1).tolist()
    assert accuracy(found).tolist() == pytest.approx([4 / 6, 2 / 6, 0])
    again = np.repeat(labels, drawn[1]), np.repeat(answers, drawn[1])
    assert macro_f1(found)[1] == pytest.approx(f1_score(*again, average="macro"))


def test_samples_are_the_same_in_parts_of_any_size() -> None:
    often = np.array([5, 1, 3])
    whole = np.concatenate(list(samples(often, 3)))
    assert whole.shape == (2000, 3)
    assert set(whole.sum(axis=1)) == {9}
    parts = list(samples(often, 175_000))
    assert len(parts) > 50
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_class_that_never_occurs_does_not_lower_macro_f1() -> None:
    labels, answers = np.array([0, 1, 1]), [0, 1, 0]

    found = score(labels, logits_for(answers), NAMES)

    assert found.metrics["macro_f1"] == pytest.approx(f1_score(labels, answers, average="macro"))


def test_interval_of_accuracy_is_that_of_resampled_rows() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 500)
    answers = np.where(random.random(500) < 0.8, labels, (labels + 1) % 3)

    found = score(labels, logits_for(answers.tolist()), NAMES)

    by_rows = interval(labels == answers)
    assert found.intervals["accuracy"] == pytest.approx(by_rows, abs=0.005)
    low, high = found.intervals["macro_f1"]
    assert low < found.metrics["macro_f1"] < high


def test_intervals_of_many_classes_take_little_memory() -> None:
    classes = 400
    labels = np.arange(classes * 3) % classes

    found = score(labels, np.eye(classes, dtype=np.float32)[labels], [str(n) for n in labels[:400]])

    assert found.intervals["accuracy"] == (1.0, 1.0)


def test_single_row_has_no_interval() -> None:
    assert score(np.array([1]), logits_for([1]), NAMES).intervals == {}
