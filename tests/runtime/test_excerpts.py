import math

import numpy as np
import pytest

from edgeft.runtime.excerpts import best_of, excerpt_of, relative

TEXT = "in new york today"
SPANS = np.array([(0, 0), (0, 2), (3, 6), (7, 11), (12, 17)], np.int32)
VALUES = np.array([(1, 1), (0, 0), (4, 0), (0, 3), (1, 2)], np.float32)


def test_the_best_part_has_the_greatest_sum_of_start_and_end():
    best = best_of(VALUES, SPANS)
    assert (best.start, best.end) == (3, 11)
    assert best.score == pytest.approx(4 + 3 - 2)


def test_no_part_ends_before_it_starts_or_is_too_long():
    values = np.array([(0, 0), (0, 9), (5, 0), (0, 1), (0, 8)], np.float32)
    best = best_of(values, SPANS, longest=2)
    assert (best.start, best.end, best.score) == (0, 2, 9)
    values[1] = 0
    best = best_of(values, SPANS, longest=2)
    assert (best.start, best.end, best.score) == (7, 17, 8)


def test_the_score_is_the_share_among_all_parts_and_none():
    found = excerpt_of(TEXT, VALUES, SPANS, [0.0, 0.0])
    above = VALUES[1:] - VALUES[0]
    sums = [above[i, 0] + above[j, 1] for i in range(4) for j in range(i, 4)]
    total = 1 + sum(map(math.exp, sums))
    assert (found.answer, found.start, found.end) == ("new york", 3, 11)
    assert found.score == pytest.approx(math.exp(5) / total)
    assert excerpt_of(TEXT, VALUES, SPANS, []).score == pytest.approx(math.exp(5) / (total - 1))


def test_there_is_no_answer_where_the_best_part_lies_below_the_thresholds():
    found = excerpt_of(TEXT, VALUES, SPANS, [2.5, 2.5])
    assert (found.answer, found.start, found.end) == ("", 0, 0)
    assert found.score == pytest.approx(1 / (1 + math.exp(best_of(VALUES, SPANS).weight)))
    assert excerpt_of(TEXT, VALUES, SPANS, [2.4, 2.5])


def test_a_text_without_tokens_has_no_answer():
    for thresholds in ([], [0.0, 0.0]):
        found = excerpt_of("  ", VALUES[:1], SPANS[:1], thresholds)
        assert (found.answer, found.score) == ("", 1.0)


def test_a_temperature_changes_the_score_and_not_the_answer():
    cold = excerpt_of(TEXT, VALUES, SPANS, [0.0, 0.0])
    warm = excerpt_of(TEXT, VALUES, SPANS, [0.0, 0.0], temperature=4.0)
    assert (warm.start, warm.end) == (cold.start, cold.end)
    assert warm.score < cold.score


def test_a_token_of_two_windows_is_read_where_more_text_is_around_it():
    spans = np.array(
        [(0, 0), (0, 1), (2, 3), (4, 5), (6, 7), (0, 0), (4, 5), (6, 7), (8, 9)], np.int32
    )
    values = np.repeat(np.array([[1], [2], [3], [4], [5], [10], [20], [30], [40]]), 2, axis=1)
    above, own = relative(values.astype(np.float32), spans)
    assert own.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]
    assert above[:, 0].tolist() == [1, 2, 3, 20, 30]


def test_windows_are_compared_by_how_far_they_lie_above_no_answer():
    spans = np.array([(0, 0), (0, 1), (0, 0), (2, 3)], np.int32)
    values = np.array([(9, 9), (10, 10), (-5, -5), (0, 0)], np.float32)
    best = best_of(values, spans)
    assert (best.start, best.end, best.score) == (2, 3, 10)


def test_a_window_without_tokens_is_left_out():
    spans = np.array([(0, 0), (0, 1), (0, 0), (0, 0), (2, 3)], np.int32)
    above, own = relative(np.zeros((5, 2), np.float32), spans)
    assert own.tolist() == [[0, 1], [2, 3]]
    assert len(above) == 2
