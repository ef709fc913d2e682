import warnings

import numpy as np
import pytest
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from edgeft.runtime.outputs import Outputs
from edgeft.tasks.spans import Span, written
from edgeft.tasks.token_classification import TokenClassification
from edgeft.tasks.token_classification.schemes import chunks

TASK = TokenClassification()
NAMES = ["O", "B-a", "I-a", "B-b", "I-b"]


def outputs_of(rows: list[list[str]]) -> Outputs:
    """What a model says that gives single characters these labels."""
    places = [NAMES.index(tag) for row in rows for tag in row]
    spans = [(place, place + 1) for row in rows for place in range(len(row))]
    return Outputs(
        np.eye(len(NAMES), dtype=np.float32)[places].reshape(-1, len(NAMES)) * 9,
        np.cumsum([0, *map(len, rows)]),
        np.asarray(spans, np.int32).reshape(-1, 2),
    )


def truth_of(rows: list[list[str]]) -> np.ndarray:
    answers = [written(Span(*each) for each in chunks(row)) for row in rows]
    return TASK.truth(answers, NAMES)


def random_rows(seed: int, *, legal: bool) -> list[list[str]]:
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(60):
        row = ["O"]
        for _ in range(random.integers(0, 12)):
            tag = str(random.choice(NAMES, p=[0.4, 0.15, 0.15, 0.15, 0.15]))
            if legal and tag[0] == "I" and row[-1][1:] != tag[1:]:
                tag = "B" + tag[1:]
            row.append(tag)
        rows.append(row[1:])
    return rows


def mixed(truth: list[str], other: list[str]) -> list[str]:
    """The true tags with two thirds of another row's in their place, so that some are right."""
    both = zip(truth, [*other, *["O"] * len(truth)], strict=False)
    return [theirs if place % 3 else own for place, (own, theirs) in enumerate(both)]


@pytest.mark.parametrize("seed", range(20))
def test_metrics_are_those_of_seqeval(seed):
    truth, said = random_rows(seed, legal=True), random_rows(seed + 100, legal=seed % 2 == 0)
    said = [mixed(*rows) for rows in zip(truth, said, strict=True)]
    found = TASK.score(truth_of(truth), outputs_of(said), NAMES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = classification_report(truth, said, output_dict=True)
        strict = classification_report(truth, said, output_dict=True, mode="strict", scheme=IOB2)
    wanted = report["micro avg"]
    assert found.metrics["f1"] == pytest.approx(wanted["f1-score"])
    assert found.metrics["precision"] == pytest.approx(wanted["precision"])
    assert found.metrics["recall"] == pytest.approx(wanted["recall"])
    assert found.metrics["macro_f1"] == pytest.approx(report["macro avg"]["f1-score"])
    assert found.metrics["strict_f1"] == pytest.approx(strict["micro avg"]["f1-score"])
    for each in found.per_class:
        assert each["f1"] == pytest.approx(report[each["label"]]["f1-score"])
        assert each["support"] == report[each["label"]]["support"]


def test_strict_f1_leaves_out_entities_that_begin_inside():
    truth, said = [["B-a", "I-a", "O"]], [["I-a", "I-a", "O"]]
    found = TASK.score(truth_of(truth), outputs_of(said), NAMES).metrics
    assert (found["f1"], found["strict_f1"]) == (1.0, 0.0)


def test_an_entity_ends_with_its_row():
    truth = [["B-a"], ["B-a", "O"], []]
    said = [["B-a"], ["I-a", "O"], []]
    assert TASK.score(truth_of(truth), outputs_of(said), NAMES).metrics["f1"] == 1.0


def test_rows_are_right_where_all_of_their_entities_are():
    truth = [["B-a", "O"], ["O", "O"], ["B-a", "B-b"], ["O", "O"]]
    said = [["B-a", "O"], ["O", "O"], ["B-a", "O"], ["O", "B-b"]]
    assert TASK.correct(truth_of(truth), outputs_of(said), NAMES).tolist() == [
        True, True, False, False,
    ]  # fmt: skip


def test_texts_without_entities_have_a_score_of_zero():
    rows = [["O", "O"], ["O"]]
    found = TASK.score(truth_of(rows), outputs_of(rows), NAMES)
    assert set(found.metrics.values()) == {0.0}
    assert found.confusion == []


def test_intervals_hold_the_metric_and_narrow_with_rows():
    truth, said = random_rows(1, legal=True), random_rows(1, legal=True)
    for row in said[::4]:
        row[:] = ["O"] * len(row)
    few = TASK.score(truth_of(truth), outputs_of(said), NAMES)
    many = TASK.score(truth_of(truth * 9), outputs_of(said * 9), NAMES)
    for name, value in few.metrics.items():
        low, high = few.intervals[name]
        assert low <= value <= high
        assert np.subtract(*many.intervals[name][::-1]) <= high - low
    assert few.intervals["f1"][0] < many.intervals["f1"][0]
    assert many.metrics == pytest.approx(few.metrics)


def test_a_drop_has_a_paired_interval():
    truth, worse = random_rows(2, legal=True), random_rows(2, legal=True)
    for row in worse[::3]:
        row[:] = ["O"] * len(row)
    same, other = outputs_of(truth), outputs_of(worse)
    wanted = truth_of(truth)
    assert TASK.difference_interval(wanted, same, same, "f1", NAMES) == (0.0, 0.0)
    drop = 1 - TASK.score(wanted, other, NAMES).metrics["f1"]
    low, high = TASK.difference_interval(wanted, same, other, "f1", NAMES)
    assert 0 < low < drop < high
