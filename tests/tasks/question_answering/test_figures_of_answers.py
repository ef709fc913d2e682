import numpy as np
import pytest

from edgeft.runtime.outputs import Outputs
from edgeft.tasks.question_answering import QuestionAnswering
from edgeft.tasks.question_answering.metrics import exact_match, f1, normalised

TASK = QuestionAnswering()
NAMES = ["start", "end"]
TEXT = "the Old Bridge of Rome"
SPANS = [(0, 0), (0, 3), (4, 7), (8, 14), (15, 17), (18, 22)]


def said(*answers):
    """What a model says that is sure of these answers, each by its first and last unit; 0 for none.

    Of no answer the score is 0, of another 10.
    """
    values = np.zeros((len(answers), len(SPANS), 2), np.float32)
    values[:, 1:] = -10
    for row, (first, last) in enumerate(answers):
        if first:
            values[row, first, 0] = values[row, last, 1] = 5
    spans = np.tile(np.asarray(SPANS, np.int32), (len(answers), 1))
    starts = np.arange(len(answers) + 1) * len(SPANS)
    return Outputs(values.reshape(-1, 2), starts, spans)


def true(*answers):
    """What is true of questions about TEXT, by their answers in a dataset's writing."""
    return TASK.truth_in([("who?", TEXT)] * len(answers), answers, NAMES)


def test_answers_are_compared_without_case_punctuation_and_articles():
    assert normalised(" The  Old, 'Bridge' of a Rome!") == "old bridge of rome"
    assert exact_match("The old bridge.", "Old Bridge") == 1
    assert exact_match("thenold", "nold") == 0


@pytest.mark.parametrize(
    ("answer", "right", "wanted"),
    [
        ("old bridge", "the old bridge", 1),
        ("old bridge", "bridge of rome", 2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3)),
        ("rome rome", "rome", 2 * (1 / 2) * 1 / (1 / 2 + 1)),
        ("rome", "bridge", 0),
        ("", "", 1),
        ("", "rome", 0),
        ("the", "", 1),
        ("北京大学", "「北京」", 2 * (1 / 2) * 1 / (1 / 2 + 1)),
        ("３５８元", "358 元", 1),
        ("साफ कमरा", "कमरा।", 2 * (1 / 2) * 1 / (1 / 2 + 1)),
    ],
)
def test_f1_is_of_the_words_that_two_answers_share(answer, right, wanted):
    assert f1(answer, right) == pytest.approx(wanted)


def test_the_nearest_of_several_right_answers_counts():
    scores = TASK.score(true("[[18, 22], [4, 14]]"), said((2, 3)), NAMES)
    assert scores.metrics == {"f1": 1, "exact_match": 1, "has_answer_f1": 1}
    scores = TASK.score(true("[[18, 22], [4, 14]]"), said((3, 3)), NAMES)
    assert scores.metrics == pytest.approx(
        {"f1": 2 / 3, "exact_match": 0, "has_answer_f1": 2 / 3}, rel=1e-6
    )
    assert scores.per_class == []


def test_figures_of_questions_with_and_without_an_answer():
    truth = true("[[4, 14]]", "[[18, 22]]", "[]", "[]")
    scores = TASK.score(truth, said((1, 3), (0, 0), (0, 0), (5, 5)), NAMES)
    assert scores.n == 4
    assert scores.metrics == {"f1": 0.5, "exact_match": 0.5, "has_answer_f1": 0.5}
    assert scores.per_class == [
        {"label": "answer", "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2},
        {"label": "no answer", "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2},
    ]
    assert scores.intervals["f1"] == (0.0, 1.0)


def test_an_answer_is_correct_where_it_matches_exactly():
    truth = true("[[4, 14]]", "[[18, 22]]", "[]")
    assert TASK.correct(truth, said((1, 3), (4, 5), (0, 0)), NAMES).tolist() == [True, False, True]


def test_a_difference_is_of_the_same_rows():
    truth = true(*["[[18, 22]]"] * 20)
    right, wrong = said(*[(5, 5)] * 20), said(*[(2, 2)] * 20)
    assert TASK.difference_interval(truth, right, wrong, "f1", NAMES) == (1.0, 1.0)
    assert TASK.difference_interval(truth, right, right, "f1", NAMES) == (0.0, 0.0)
    before, after, *_ = TASK.compare(truth, right, wrong, "exact_match", NAMES)
    assert (before, after) == (1.0, 0.0)


def test_two_models_agree_where_their_answers_are_the_same_characters():
    one, other = said((1, 3), (5, 5), (0, 0)), said((1, 3), (4, 5), (0, 0))
    assert TASK.agreement(one, other) == pytest.approx(2 / 3)
    assert TASK.divergence(one, one) == 0 < TASK.divergence(one, other)


def test_the_threshold_is_where_answering_begins_to_pay():
    truth = true(*["[[18, 22]]"] * 6, *["[]"] * 6)
    outputs = said(*[(5, 5)] * 12)
    scores = np.array([9, 8, 7, 6, 5, 1, 3, 2, 1.5, 0.5, 0.25, 0.125], np.float32)
    outputs.values[np.arange(12) * len(SPANS), 0] = 10 - scores
    decoding = TASK.calibrated(truth, outputs, NAMES)
    assert decoding.thresholds == [2.0, 2.0]  # between scores of 5 and of 3
    decided = TASK.decided(outputs, decoding)
    assert TASK.score(truth, decided, NAMES).metrics["exact_match"] == pytest.approx(11 / 12)
    assert TASK.score(truth, outputs, NAMES).metrics["exact_match"] == 0.5


def test_a_text_always_has_an_answer_where_validation_knows_no_other():
    truth = true(*["[[18, 22]]"] * 8)
    outputs = said(*[(5, 5)] * 8)
    outputs.values[np.arange(8) * len(SPANS)] = 50
    decoding = TASK.calibrated(truth, outputs, NAMES)
    assert decoding.thresholds == []
    assert TASK.score(truth, outputs, NAMES).metrics["f1"] == 0
    assert TASK.score(truth, TASK.decided(outputs, decoding), NAMES).metrics["f1"] == 1


def test_few_rows_decide_no_threshold():
    truth = true(*["[[18, 22]]"] * 8, "[]")
    assert TASK.calibrated(truth, said(*[(5, 5)] * 9), NAMES).thresholds == [0.0, 0.0]


def test_scores_of_answers_are_calibrated():
    wanted = ["[[4, 14]]", "[[18, 22]]", "[]", "[[0, 3]]"] * 20
    given = [(2, 3), (5, 5), (0, 0), (5, 5)] * 20  # one of four is wrong
    outputs = said(*given)
    first = TASK.first_decoding(NAMES)
    found = TASK.calibrated(true(*wanted), outputs, NAMES)
    assert found.temperature > 1.5
    assert TASK.calibrated(true(*wanted[:8]), said(*given[:8]), NAMES).temperature == 1
    right = said(*[(2, 3), (5, 5), (0, 0), (1, 1)] * 20)
    assert TASK.calibrated(true(*wanted), right, NAMES).temperature == 1
    sure = TASK.judged(true(*wanted), outputs, first, NAMES)
    modest = TASK.judged(true(*wanted), outputs, found, NAMES)
    assert sure.calibration_error == pytest.approx(0.25, abs=0.02)
    assert modest.calibration_error < sure.calibration_error
    assert modest.metrics == sure.metrics
