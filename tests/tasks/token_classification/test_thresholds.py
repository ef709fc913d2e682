"""The bar for parts: what is taken off the label outside, as validation rows tell it."""

import numpy as np
import pytest

from edgeft.manifests import Decoding
from edgeft.runtime.outputs import Outputs
from edgeft.tasks.spans import Span, written
from edgeft.tasks.token_classification import TokenClassification
from edgeft.tasks.token_classification.thresholds import FEWEST, thresholds

TASK = TokenClassification()
NAMES = ["B-a", "O", "I-a"]
OUTSIDE = NAMES.index("O")
UNITS = 6
ROWS = 200


def truth_of(rows: int, names: list[str] = NAMES) -> np.ndarray:
    """Rows of single characters, the second of each a part."""
    return TASK.truth([written([Span(1, 2, "a")])] * rows, names)


def outputs_of(
    rows: int, bias: float, *, gap: float = 1.0, spread: float = 0.5, seed: int = 0
) -> Outputs:
    """What a model says that is seldom wrong, but for a bias of the label outside.

    A part's own logit lies `gap` above that of the label outside, give or take, and elsewhere
    below.
    """
    random = np.random.default_rng(seed)
    values = np.zeros((rows, UNITS, len(NAMES)))
    values[..., 0] = random.normal(-gap, spread, (rows, UNITS))
    values[:, 1, 0] = random.normal(gap, spread, rows)
    values[..., OUTSIDE] = bias
    values[..., 2] = -9.0
    spans = np.tile(np.stack([np.arange(UNITS), np.arange(1, UNITS + 1)], axis=1), (rows, 1))
    starts = np.arange(0, rows * UNITS + 1, UNITS)
    return Outputs(values.reshape(-1, len(NAMES)).astype(np.float32), starts, spans)


@pytest.mark.parametrize("bias", [1.5, 1.0, -1.0, -1.5])
def test_the_bar_takes_back_what_a_model_leans_to(bias: float) -> None:
    truth, outputs = truth_of(ROWS), outputs_of(ROWS, bias)
    found = TASK.calibrated(truth, outputs, NAMES)
    assert found.thresholds[OUTSIDE] == pytest.approx(bias, abs=0.5)
    assert np.flatnonzero(found.thresholds).tolist() == [OUTSIDE]
    before, after = (
        TASK.judged(truth, outputs, each, NAMES).metrics["f1"]
        for each in (Decoding(function="tags"), found)
    )
    assert before < 0.9 < after


def test_a_gain_that_may_be_luck_moves_nothing() -> None:
    truth, outputs = truth_of(FEWEST), outputs_of(FEWEST, 0.25)
    f1 = [
        TASK.judged(truth, outputs, Decoding(function="tags", thresholds=taken), NAMES).metrics[
            "f1"
        ]
        for taken in ([], [0.0, 0.25, 0.0])
    ]
    assert f1[1] > f1[0]
    assert thresholds(truth, outputs, NAMES) == []


def test_what_moves_makes_f1_more() -> None:
    truth = truth_of(FEWEST)
    moved = 0
    for seed in range(60):
        outputs = outputs_of(FEWEST, 0.25 - seed % 3 / 4, gap=0.6, spread=1.2, seed=seed)
        found = thresholds(truth, outputs, NAMES)
        before, after = (
            TASK.judged(truth, outputs, Decoding(function="tags", thresholds=taken), NAMES)
            for taken in ([], found)
        )
        assert after.metrics["f1"] > before.metrics["f1"] or found == []
        moved += bool(found)
    assert moved > 10


def test_rows_beyond_those_drawn_alone_are_drawn_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, outputs = truth_of(ROWS), outputs_of(ROWS, 1.5)
    alone = thresholds(truth, outputs, NAMES)
    monkeypatch.setattr("edgeft.tasks.token_classification.thresholds.GROUPS", ROWS // 4)
    assert thresholds(truth, outputs, NAMES) == pytest.approx(alone, abs=0.25)


def test_a_model_that_leans_nowhere_keeps_its_labels() -> None:
    sure = outputs_of(ROWS, 0.0)
    sure.values[...] = np.where(sure.values == sure.values.max(axis=1, keepdims=True), 9.0, 0.0)
    right = TASK.truth(
        [
            written([Span(*span, "a") for span in spans[values[:, 0] > 0].tolist()])
            for values, spans in zip(
                sure.values.reshape(ROWS, UNITS, -1),
                sure.spans.reshape(ROWS, UNITS, 2),
                strict=True,
            )
        ],
        NAMES,
    )
    assert thresholds(right, sure, NAMES) == []


@pytest.mark.parametrize("rows", [FEWEST - 1, FEWEST])
def test_few_rows_with_parts_are_no_reason(rows: int) -> None:
    truth = np.concatenate([truth_of(rows), TASK.truth(["[]"] * (ROWS - rows), NAMES)])
    assert bool(thresholds(truth, outputs_of(ROWS, 1.5), NAMES)) == (rows >= FEWEST)


def test_labels_of_which_none_stands_outside_have_no_bar() -> None:
    names = ["B-a", "B-b", "I-a"]
    assert thresholds(truth_of(ROWS, names), outputs_of(ROWS, 1.5), names) == []


def test_probabilities_and_their_error_are_those_without_the_bar() -> None:
    truth, outputs = truth_of(ROWS), outputs_of(ROWS, 1.5)
    found = TASK.calibrated(truth, outputs, NAMES)
    alone = found.model_copy(update={"thresholds": []})
    with_bar, without = (TASK.judged(truth, outputs, each, NAMES) for each in (found, alone))
    assert with_bar.calibration_error == without.calibration_error
    assert with_bar.metrics["f1"] > without.metrics["f1"]
