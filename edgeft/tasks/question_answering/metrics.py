"""Exact match and F1 of answers, with bootstrap intervals over the rows.

As SQuAD scores them (Rajpurkar et al. 2016, section 6.1): in lower case, without punctuation,
articles and surplus blanks; of several right answers the one that is nearest counts. Where a script
puts no spaces between words, a character counts as a word (MLQA, Lewis et al. 2020, section 4).
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from edgeft.intervals import interval, share
from edgeft.letters import ALONE
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Scores
from edgeft.tasks.question_answering.rows import Span, Truth
from edgeft.tasks.question_answering.units import answers

ARTICLES = re.compile(r"\b(a|an|the)\b")
APART = re.compile(ALONE)
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """A text as answers are compared, its words apart."""
    bare = text.lower().translate(PUNCTUATION)
    if not bare.isascii():
        wide = unicodedata.normalize("NFKC", bare)
        bare = "".join(each for each in wide if not unicodedata.category(each).startswith("P"))
        bare = APART.sub(r" \g<0> ", bare)
    return " ".join(ARTICLES.sub(" ", bare).split())


def exact_match(answer: str, right: str) -> float:
    """1 where two answers are the same once they are normalised, else 0."""
    return float(normalised(answer) == normalised(right))


def f1(answer: str, right: str) -> float:
    """The harmonic mean of the shares of words that two answers have in common.

    No words at all are like no words, and unlike any.
    """
    one, other = normalised(answer).split(), normalised(right).split()
    if not one or not other:
        return float(one == other)
    common = sum((Counter(one) & Counter(other)).values())
    return 2 * common / (len(one) + len(other))


def right_of(measure: Callable[[str, str], float], truth: Truth, answer: Span) -> float:
    """How right an answer is, by the nearest of those that count."""
    given = truth.context[slice(*answer)]
    return max(measure(given, truth.context[slice(*each)]) for each in truth.spans or ((0, 0),))


def by_row(truth: np.ndarray, outputs: Outputs, metric: str) -> np.ndarray:
    """A metric of each row that it counts, float64 (rows,), for `truth` (rows,)."""
    measure = exact_match if metric == "exact_match" else f1
    return np.asarray(
        [
            right_of(measure, row, answer)
            for row, answer in zip(truth, answers(outputs), strict=True)
            if row.spans or metric != "has_answer_f1"
        ]
    )


METRICS = ("f1", "exact_match", "has_answer_f1")


def score(truth: np.ndarray, outputs: Outputs) -> Scores:
    """Score what a model says of rows against what is true of them, `truth` (rows,)."""
    found = {metric: by_row(truth, outputs, metric) for metric in METRICS}
    return Scores(
        n=len(truth),
        metrics={name: float(each.mean()) if len(each) else 0.0 for name, each in found.items()},
        intervals={name: interval(each) for name, each in found.items() if len(each) > 1},
        per_class=decisions(truth, outputs),
    )


def decisions(truth: np.ndarray, outputs: Outputs) -> list[dict[str, Any]]:
    """How often it is rightly said that there is an answer, and that there is none.

    Nothing where each row has an answer.
    """
    wanted = np.asarray([bool(row.spans) for row in truth], dtype=bool)
    given = np.asarray([end > 0 for _, end in answers(outputs)], dtype=bool)
    if wanted.all():
        return []
    rows = []
    for label, true, said in (("answer", wanted, given), ("no answer", ~wanted, ~given)):
        right, support, answered = (int(each.sum()) for each in (true & said, true, said))
        rows.append(
            {
                "label": label,
                "precision": float(share(np.asarray(right), np.asarray(answered))),
                "recall": float(share(np.asarray(right), np.asarray(support))),
                "f1": float(share(np.asarray(2 * right), np.asarray(answered + support))),
                "support": support,
            }
        )
    return rows


def correct(truth: np.ndarray, outputs: Outputs) -> np.ndarray:
    """Whether each answer matches a right one exactly, bool (rows,)."""
    found: np.ndarray = by_row(truth, outputs, "exact_match") == 1
    return found


def difference_interval(
    truth: np.ndarray, reference: Outputs, candidate: Outputs, metric: str
) -> tuple[float, float]:
    """The interval of metric(reference) - metric(candidate), by a paired bootstrap (Efron 1979)."""
    one, other = (by_row(truth, each, metric) for each in (reference, candidate))
    return interval(one - other) if len(one) > 1 else (0.0, 0.0)
