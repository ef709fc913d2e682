"""How well texts are found, against figures by hand."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from edgeft.runtime.outputs import Outputs
from edgeft.tasks.supervised_embeddings import (
    EmbeddingsFromLabels,
    EmbeddingsFromPairs,
    EmbeddingsFromScores,
)
from edgeft.tasks.supervised_embeddings.metrics import by_neighbours, partner_ranks
from edgeft.tasks.supervised_embeddings.relations import NEGATIVE, PAIR, TEXT

PAIRS, LABELS, SCORES = EmbeddingsFromPairs(), EmbeddingsFromLabels(), EmbeddingsFromScores()


def at(*degrees: float) -> np.ndarray:
    """Vectors at angles."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def told(*rows: tuple[int, int, int]) -> np.ndarray:
    return np.asarray(rows, np.int64)


TWO = told((1, TEXT, 1), (1, PAIR, 2), (2, TEXT, 3), (2, PAIR, 4))


def test_a_partner_that_lies_nearest_is_found_first() -> None:
    found = PAIRS.score(TWO, Outputs(at(0, 10, 90, 80)), [])
    assert found.n == 2
    assert found.metrics == {"recall_at_1": 1, "recall_at_10": 1, "mrr": 1}


def test_the_rank_is_the_place_among_all_partners_of_the_split() -> None:
    rows, ranks = partner_ranks(TWO, at(0, 90, 10, 45))  # both lie nearest to the second partner
    assert rows.tolist() == [0, 2]
    assert ranks.tolist() == [2, 1]
    found = PAIRS.score(TWO, Outputs(at(0, 90, 10, 45)), []).metrics
    assert found == {"recall_at_1": 0.5, "recall_at_10": 1, "mrr": 0.75}


def test_negatives_are_looked_among_too() -> None:
    truth = told((1, TEXT, 1), (1, PAIR, 2), (1, NEGATIVE, 3))
    assert partner_ranks(truth, at(0, 20, 10))[1].tolist() == [2]


def test_vectors_that_fell_together_find_nothing() -> None:
    assert partner_ranks(TWO, at(5, 5, 5, 5))[1].tolist() == [2, 2]


def test_all_partners_of_a_text_that_asks_twice_are_right() -> None:
    truth = told((1, TEXT, 1), (1, PAIR, 2), (2, TEXT, 1), (2, PAIR, 3), (3, PAIR, 4))
    assert partner_ranks(truth, at(0, 40, 0, 10, 20))[1].tolist() == [1, 1]


def test_a_partner_that_stands_twice_is_one_and_a_text_does_not_find_itself() -> None:
    truth = told(
        (1, TEXT, 1), (1, PAIR, 2), (2, TEXT, 5), (2, PAIR, 3), (3, TEXT, 6), (3, PAIR, 3),
        (4, TEXT, 7), (4, PAIR, 1),
    )  # fmt: skip
    vectors = at(0, 20, 90, 10, 90, 10, 90, 0)
    rows, ranks = partner_ranks(truth, vectors)
    assert ranks[rows.tolist().index(0)] == 2  # after the one at 10 degrees, and not after itself


def test_texts_alone_ask_nothing() -> None:
    truth = PAIRS.truth([None, "3 text 0a", None], [])
    found = PAIRS.score(truth, Outputs(at(0, 1, 2)), [])
    assert (found.n, found.metrics["mrr"], found.intervals) == (0, 0, {})
    assert PAIRS.correct(truth, Outputs(at(0, 1, 2)), []).all()


def test_the_nearest_other_text_has_the_label() -> None:
    found = by_neighbours(np.array([0, 0, 1, 1, 2]), at(0, 10, 30, 100, 103))
    # the label that one text has asks nothing; the third text lies nearest to a first's
    assert found["recall_at_1"].tolist() == [1, 1, 0, 0]
    assert found["mrr"] == pytest.approx([1, 1, 1 / 3, 1 / 2])
    assert found["precision_at_10"] == pytest.approx([1 / 4] * 4)  # of all four others


def test_rows_without_a_label_are_no_neighbours_worth() -> None:
    truth = LABELS.truth(["a", None, "a", "b"], [])
    assert truth.tolist() == [0, -1, 0, 1]
    assert LABELS.correct(truth, Outputs(at(0, 50, 1, 90)), []).tolist() == [True] * 4


def test_spearman_is_of_cosines_and_scores() -> None:
    answers = [f"{number} {role} {score}" for number, score in enumerate((0.1, 3.0, 2.0, 5.0))
               for role in ("text", "pair")]  # fmt: skip
    vectors = at(0, 80, 0, 30, 0, 20, 0, 5)
    found = SCORES.score(SCORES.truth(answers, []), Outputs(vectors), [])
    cosines = np.cos(np.radians([80, 30, 20, 5]))
    assert found.n == 4
    assert found.metrics["spearman"] == pytest.approx(spearmanr(cosines, [0.1, 3, 2, 5]).statistic)
    assert set(found.metrics) == set(found.intervals) == {"spearman", "pearson"}


def many(seed: int, rows: int = 80) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, 6)).astype(np.float32)


@pytest.mark.parametrize(
    ("task", "answers", "count"),
    [
        (PAIRS, [f"{row // 2} {('text', 'pair')[row % 2]} {row:x}" for row in range(80)], 40),
        (LABELS, [str(row % 5) for row in range(80)], 80),
        (SCORES, [f"{row // 2} {('text', 'pair')[row % 2]} {row // 2}" for row in range(80)], 40),
    ],
)
def test_a_models_drop_against_itself_is_none_and_else_lies_in_its_interval(
    task, answers, count
) -> None:
    truth = task.truth(answers, [])
    one, other = Outputs(many(0)), Outputs(many(1))
    for metric in task.metrics:
        before, after, (low, high), n = task.compare(truth, one, other, metric, [])
        assert low <= before - after <= high
        assert n == count  # what is asked of the rows, not the rows
        assert task.compare(truth, one, one, metric, [])[2] == (0, 0)
