"""From the logits of a text's tokens to the part of it that answers a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

LONGEST = 30
"""tokens of an answer at most"""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a text that answers a question: `answer` is the text's [start:end].

    It is false where the text has no answer: then `answer` is empty.
    """

    answer: str
    start: int
    """its first character"""
    end: int
    """its last character plus one"""
    score: float
    """how probable the model holds it, among all parts that could be the answer and none: between
    0 and 1"""

    def __bool__(self) -> bool:
        return bool(self.answer)


@dataclass(frozen=True, slots=True)
class Best:
    """The part of a text that most likely answers a question."""

    start: int
    end: int
    score: float
    """the sum of its two logits above those of no answer; minus infinity where there is no part"""
    weight: float
    """the logarithm of the sum of the exponentials of all scores"""


def relative(values: np.ndarray, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is said of each token of a text, once, and the tokens' characters.

    `values` (units, 2) and `spans` (units, 2) are those of all windows over the text, one after
    another. The results are float64 (tokens, 2), each logit as it lies above that of no answer in
    its window: only so can those of several windows be compared, for a softmax is the same for
    logits that are all moved. A token that stands in two windows is read in the one that has more
    of the text around it.
    """
    firsts = np.flatnonzero(spans[:, 1] == 0)
    lasts = np.append(firsts[1:], len(spans))
    lows, highs = firsts + 1, lasts.copy()
    for one, other in pairwise(range(len(firsts))):
        shared = int((spans[lows[one] : lasts[one], 0] >= first_of(spans, lows[other])).sum())
        highs[one] = lasts[one] - shared // 2
        lows[other] += shared - shared // 2
    kept = [slice(low, high) for low, high in zip(lows, highs, strict=True)]
    above = [
        values[part].astype(np.float64) - values[first]
        for part, first in zip(kept, firsts, strict=True)
    ]
    return np.concatenate(above), np.concatenate([spans[part] for part in kept])


def first_of(spans: np.ndarray, place: int) -> int:
    """The first character of the unit at a place; beyond all text where there is none."""
    return int(spans[place, 0]) if place < len(spans) and spans[place, 1] else 2**31


def best_of(
    values: np.ndarray, spans: np.ndarray, longest: int = LONGEST, temperature: float = 1.0
) -> Best:
    """The best part of a text with at most `longest` tokens, of all its windows' units.

    Scores are divided by `temperature` for their weight alone.
    """
    above, own = relative(values, spans)
    if not len(above):
        return Best(0, 0, -np.inf, -np.inf)
    scores = scores_of(above, longest)
    first, more = divmod(int(scores.argmax()), longest)
    score = float(scores[first, more])
    tempered = (scores - score) / temperature
    weight = score / temperature + float(np.log(np.exp(tempered).sum()))
    return Best(int(own[first, 0]), int(own[first + more, 1]), score, weight)


def scores_of(above: np.ndarray, longest: int) -> np.ndarray:
    """The score of each part: from a token, in rows, to so many after it (tokens, longest)."""
    ends = np.concatenate([above[:, 1], np.full(longest - 1, -np.inf)])
    found: np.ndarray = above[:, :1] + np.lib.stride_tricks.sliding_window_view(ends, longest)
    return found


def score_of(values: np.ndarray, spans: np.ndarray, answer: tuple[int, int]) -> float:
    """The score of the part of a text with these characters; minus infinity where it is none."""
    above, own = relative(values, spans)
    starts, ends = above[own[:, 0] == answer[0], 0], above[own[:, 1] == answer[1], 1]
    return float(starts.max() + ends.max()) if len(starts) and len(ends) else -np.inf


def excerpt_of(
    text: str,
    values: np.ndarray,
    spans: np.ndarray,
    thresholds: Sequence[float],
    longest: int = LONGEST,
    temperature: float = 1.0,
) -> Excerpt:
    """The answer in a text, by the units of all its windows.

    There is one where the best part scores more than no answer by the sum of `thresholds`; always,
    where there are none: then the score leaves out that there might be no answer.
    """
    best = best_of(values, spans, longest, temperature)
    if not np.isfinite(best.score):
        return Excerpt("", 0, 0, 1.0)
    everything = float(np.logaddexp(best.weight, 0.0)) if thresholds else best.weight
    if thresholds and best.score <= sum(thresholds):
        return Excerpt("", 0, 0, float(np.exp(-everything)))
    score = float(np.exp(best.score / temperature - everything))
    return Excerpt(text[best.start : best.end], best.start, best.end, score)
