"""How well models say what word was hidden: perplexity, and whether it is among the first ones.

All of it stands on two numbers a row, so nothing grows by the square of the words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from edgeft.intervals import edges
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import UNLABELLED, Scores
from edgeft.tasks.regression.metrics import resamples
from edgeft.tasks.text_classification.calibration import error_of
from edgeft.tasks.text_classification.metrics import log_softmax

AT_ONCE = 256
"""rows whose probabilities are held at a time"""
LARGEST = 100.0
"""surprise of a word that a model holds impossible, in nats"""
NOWHERE = 2**31 - 1
"""the rank of a word that a model does not know"""


@dataclass(frozen=True)
class Found:
    """What a model made of rows, each (rows,)."""

    surprise: np.ndarray
    """the negative log-likelihood of the hidden word, in nats; 0 where it is not known"""
    rank: np.ndarray
    """how many other words were held as probable or more; NOWHERE where it is not known"""
    confidence: np.ndarray
    """how probable the most probable word is held; 0 where the hidden one is not known"""
    width: int
    """words that there were to choose among"""

    def of(self, rows: np.ndarray) -> "Found":
        """The same of some rows, or of many drawings of them (drawings, rows)."""
        return Found(self.surprise[rows], self.rank[rows], self.confidence[rows], self.width)

    @property
    def known(self) -> np.ndarray:
        """Whether the word is one that the model knows."""
        return self.rank < NOWHERE


def found(truth: np.ndarray, outputs: Outputs) -> Found:
    """Surprise and rank of the words `truth` (rows,) by logits (rows, words)."""
    known = truth != UNLABELLED
    surprise = np.zeros(len(truth))
    confidence = np.zeros(len(truth))
    rank = np.full(len(truth), NOWHERE, dtype=np.int64)
    for rows in parts(np.flatnonzero(known)):
        chances = log_softmax(outputs.values[rows])
        own = chances[np.arange(len(rows)), truth[rows]]
        surprise[rows] = np.minimum(-own, LARGEST)
        rank[rows] = (~(chances < own[:, None])).sum(axis=1) - 1
        confidence[rows] = np.exp(chances.max(axis=1))
    return Found(surprise, rank, confidence, outputs.values.shape[1])


def parts(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Numbers of rows, AT_ONCE at a time."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def perplexity(of: Found) -> np.ndarray:
    """Among how many words a model hesitates, over the rows whose word it knows."""
    counts = of.known.sum(axis=-1)
    mean = of.surprise.sum(axis=-1) / np.maximum(counts, 1)
    answer: np.ndarray = np.where(counts > 0, np.exp(mean), of.width)
    return answer


def among_first(k: int) -> Callable[[Found], np.ndarray]:
    """The share of all rows whose word is among the `k` most probable."""
    return lambda of: (of.rank < k).mean(axis=-1)


METRICS: dict[str, Callable[[Found], np.ndarray]] = {
    "perplexity": perplexity,
    "top_1": among_first(1),
    "top_5": among_first(5),
    "known": lambda of: of.known.mean(axis=-1),
}


def score(truth: np.ndarray, outputs: Outputs) -> Scores:
    """Score what a model says of rows whose hidden words are `truth` (rows,).

    The calibration error is that of the first words of rows whose word is known.
    """
    said = found(truth, outputs)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in METRICS}
    for rows in resamples(len(truth)):
        some = said.of(rows)
        for name, metric in METRICS.items():
            drawn[name].append(metric(some))
    return Scores(
        n=len(truth),
        metrics={name: float(metric(said)) for name, metric in METRICS.items()},
        intervals={name: edges(np.concatenate(each)) for name, each in drawn.items() if each},
        calibration_error=error_of(said.confidence[said.known], said.rank[said.known] == 0),
    )


def difference_interval(
    truth: np.ndarray, reference: Outputs, candidate: Outputs, metric: str
) -> tuple[float, float]:
    """The interval of metric(reference) - metric(candidate), by a paired bootstrap (Efron 1979)."""
    one, other = found(truth, reference), found(truth, candidate)
    compute = METRICS[metric]
    drawn = [compute(one.of(rows)) - compute(other.of(rows)) for rows in resamples(len(truth))]
    return edges(np.concatenate(drawn)) if drawn else (0.0, 0.0)


def divergence(reference: np.ndarray, candidate: np.ndarray) -> float:
    """The mean over rows of KL(softmax(reference) || softmax(candidate)), in nats."""
    total = 0.0
    for rows in parts(np.arange(len(reference))):
        p, q = log_softmax(reference[rows]), log_softmax(candidate[rows])
        total += float((np.exp(p) * (p - q)).sum())
    return total / max(1, len(reference))
