"""What two models' vectors say of each other, against figures by hand."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from edgeft.runtime.outputs import Outputs
from edgeft.tasks.sentence_embeddings import SentenceEmbeddings
from edgeft.tasks.sentence_embeddings import metrics as figures

TASK = SentenceEmbeddings()
CORNERS = np.array([[1, 0], [0, 1], [1, 1]], np.float32)
TURNED = np.array([[0, 1], [-1, 0], [-1, 1]], np.float32)
"""the same corners, turned by a right angle: all relations stay, and every vector is another"""


def vectors(seed: int, rows: int = 60, width: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)


def test_a_model_says_all_that_it_says_itself() -> None:
    found = figures.score(vectors(0), vectors(0))
    assert found.n == 60
    assert found.metrics == pytest.approx({"similarity": 1, "cosine": 1})
    assert found.intervals["similarity"] == pytest.approx((1, 1))


def test_turned_vectors_keep_their_similarities_and_lose_their_cosines() -> None:
    found = figures.score(CORNERS, TURNED).metrics
    assert found == pytest.approx({"similarity": 1, "cosine": 0}, abs=1e-9)


def test_cosines_do_not_depend_on_lengths() -> None:
    found = figures.cosines(CORNERS, np.array([[3, 0], [0, -2], [1, 0]], np.float32))
    assert found == pytest.approx([1, -1, np.sqrt(0.5)])


def test_similarity_is_spearmans_correlation_over_all_pairs_of_few_rows() -> None:
    one, other = vectors(0), vectors(0) + vectors(1)
    places = np.triu_indices(60, k=1)
    grams = [figures.unit(each) @ figures.unit(each).T for each in (one, other)]
    wanted = spearmanr(grams[0][places], grams[1][places]).statistic
    assert figures.similarity(one, other) == pytest.approx(wanted)
    assert figures.score(one, other).metrics["similarity"] == pytest.approx(wanted)


def test_pairs_of_many_rows_are_different_ones_and_always_the_same() -> None:
    pairs = figures.pairs_of(1000)
    assert pairs.shape == (2, figures.PAIRS)
    assert (pairs[0] < pairs[1]).all()
    assert len(np.unique(pairs, axis=1).T) == figures.PAIRS
    assert (pairs == figures.pairs_of(1000)).all()


def test_the_interval_holds_the_figure_and_narrows_with_more_rows() -> None:
    widths = []
    for rows in (40, 400):
        found = figures.score(vectors(0, rows), vectors(0, rows) + vectors(1, rows))
        for name, (low, high) in found.intervals.items():
            assert low < found.metrics[name] < high
        low, high = found.intervals["similarity"]
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


def test_the_reference_has_one_and_the_drop_is_what_is_missing() -> None:
    truth = TASK.truth([None] * 60, [])
    reference, candidate = Outputs(vectors(0)), Outputs(vectors(0) + vectors(1))
    for metric in TASK.metrics:
        before, after, (low, high), n = TASK.compare(truth, reference, candidate, metric, [])
        assert (before, n) == (1, 60)
        assert low < 1 - after < high


def test_a_model_alone_is_scored_against_itself() -> None:
    found = TASK.score(TASK.truth([None] * 60, []), Outputs(vectors(0)), [])
    assert (found.n, found.metrics) == (60, {"similarity": 1, "cosine": 1})


def test_vectors_of_another_model_are_the_truth_where_they_are_given() -> None:
    found = TASK.score(CORNERS, Outputs(TURNED), [])
    assert found.metrics == pytest.approx({"similarity": 1, "cosine": 0}, abs=1e-9)


def test_one_row_has_no_pair_and_no_interval() -> None:
    found = figures.score(CORNERS[:1], CORNERS[:1])
    assert found.metrics == pytest.approx({"similarity": 1, "cosine": 1})
    assert found.intervals == {}


def test_divergence_is_what_the_mean_cosine_lacks() -> None:
    assert TASK.divergence(Outputs(CORNERS), Outputs(CORNERS)) == pytest.approx(0)
    assert TASK.divergence(Outputs(CORNERS), Outputs(TURNED)) == pytest.approx(1)
