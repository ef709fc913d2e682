import numpy as np
import pytest

from edgeft.runtime.outputs import Outputs
from edgeft.tasks import UNLABELLED
from edgeft.tasks.token_classification import TokenClassification

TASK = TokenClassification()
NAMES = ["O", "B-a", "I-a", "B-b", "I-b"]


def tags(answer, *units):
    found = TASK.tags(answer, np.array(units).reshape(-1, 2), NAMES)
    return [NAMES[each] if each != UNLABELLED else None for each in found]


def test_units_get_the_tags_of_the_entities_that_hold_them():
    answer = '[[0, 7, "a"], [8, 10, "a"], [11, 12, "b"]]'
    units = [(0, 3), (4, 7), (8, 10), (10, 11), (11, 12)]
    assert tags(answer, *units) == ["B-a", "I-a", "B-a", "O", "B-b"]


def test_a_unit_of_two_entities_belongs_to_the_one_that_holds_more():
    assert tags('[[0, 2, "a"], [2, 5, "b"]]', (0, 5)) == ["B-b"]
    assert tags('[[0, 3, "a"], [3, 5, "b"]]', (0, 5)) == ["B-a"]


def test_a_row_without_an_answer_has_no_tags():
    assert tags(None, (0, 1), (1, 2)) == [None, None]
    assert tags("[]", (0, 1)) == ["O"]
    assert tags('[[0, 1, "a"]]') == []


def outputs(values, spans, starts):
    return Outputs(np.array(values, np.float32), np.array(starts), np.array(spans, np.int32))


def test_models_are_compared_on_the_units_that_they_share():
    one = outputs([[5, 0], [0, 5], [5, 0]], [(0, 3), (4, 7), (0, 2)], [0, 2, 3])
    other = outputs([[5, 0], [5, 0], [0, 5]], [(0, 3), (4, 6), (0, 2)], [0, 2, 3])
    assert TASK.agreement(one, one) == 1.0
    assert TASK.agreement(one, other) == 0.5
    assert TASK.divergence(one, one) == 0.0
    assert TASK.divergence(one, other) > 1


def test_rows_without_units_are_alike():
    none = outputs(np.empty((0, 2)), np.empty((0, 2)), [0, 0])
    assert TASK.agreement(none, none) == 1.0
    assert TASK.divergence(none, none) == 0.0


def test_the_temperature_makes_probabilities_as_right_as_they_say():
    random = np.random.default_rng(0)
    n = 4000
    chance = 0.8
    right = random.random(n) < chance
    values = np.zeros((n, len(NAMES)), np.float32)
    values[np.arange(n), np.where(right, 0, 1)] = 6  # much surer than it is right
    spans = [(place, place + 1) for place in range(n)]
    starts = list(range(0, n + 1, 50))
    truth = TASK.truth(["[]"] * (len(starts) - 1), NAMES)
    found = TASK.calibrated(truth, outputs(values, spans, starts), NAMES)
    powers = np.exp(values[0] / found.temperature)
    assert found.function == "tags"
    assert (powers / powers.sum()).max() == pytest.approx(chance, abs=0.02)


def test_the_words_of_a_few_texts_tell_no_temperature():
    values = np.zeros((4000, len(NAMES)), np.float32)
    values[:, 0] = 6
    spans = [(place, place + 1) for place in range(4000)]
    few = TASK.calibrated(TASK.truth(["[]"], NAMES), outputs(values, spans, [0, 4000]), NAMES)
    assert few.temperature == 1
    starts = list(range(0, 4001, 50))  # texts enough, and all of them right
    truth = TASK.truth(["[]"] * (len(starts) - 1), NAMES)
    assert TASK.calibrated(truth, outputs(values, spans, starts), NAMES).temperature == 1


def test_a_split_takes_its_share_of_each_type():
    answers = ['[[0, 1, "a"]]', '[[0, 1, "a"], [2, 3, "b"]]', "[]", '[[0, 1, "b"]]', '[[0,1,"a"]]']
    assert TASK.strata(answers, NAMES).tolist() == [0, 1, 2, 1, 0]
    assert TASK.counts(answers, NAMES) == {"a": 3, "b": 2}
    assert TASK.counts([None], NAMES) == {}
    assert TASK.unknown('[[0, 1, "c"]]', NAMES) == "c"
