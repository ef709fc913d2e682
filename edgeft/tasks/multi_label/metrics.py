"""Micro and macro F1 and exact matches of several labels a row, with bootstrap intervals."""

from collections.abc import Callable

import numpy as np

from edgeft.intervals import edges, resampled, share
from edgeft.tasks import Scores

Counts = np.ndarray
"""(..., 3 * labels + 1): of each label the rows where it is right, answered and true, and then the
rows that are right in all labels"""


def counts(truth: np.ndarray, logits: np.ndarray) -> Counts:
    """What each row adds to the counts, (rows, 3 * labels + 1): a label is answered from 0 on."""
    holds, answered = truth > 0, logits >= 0
    exact = (holds == answered).all(axis=1, keepdims=True)
    return np.concatenate([holds & answered, answered, holds, exact], axis=1).astype(np.float64)


def micro_f1(sums: Counts, rows: int) -> np.ndarray:
    """F1 over all labels together, of sums (..., 3 * labels + 1); 0 where there is nothing."""
    right, answered, true = (part.sum(axis=-1) for part in by_label(sums))
    return share(2 * right, answered + true)


def macro_f1(sums: Counts, rows: int) -> np.ndarray:
    """The mean F1 of the labels that are answered or true somewhere."""
    right, answered, true = by_label(sums)
    occurs = (answered + true) > 0
    return share((share(2 * right, answered + true) * occurs).sum(axis=-1), occurs.sum(axis=-1))


def exact_match(sums: Counts, rows: int) -> np.ndarray:
    """The share of rows that are right in all labels."""
    found: np.ndarray = sums[..., -1] / max(1, rows)
    return found


METRICS: dict[str, Callable[[Counts, int], np.ndarray]] = {
    "micro_f1": micro_f1,
    "macro_f1": macro_f1,
    "exact_match": exact_match,
}


def score(truth: np.ndarray, logits: np.ndarray, names: list[str]) -> Scores:
    """Score logits (rows, labels), which answer a label from 0 on, against 0 and 1."""
    of_rows = counts(truth, logits)
    sums, n = of_rows.sum(axis=0), len(truth)
    right, answered, true = by_label(sums)
    drawn = resampled(of_rows) if n > 1 else None
    return Scores(
        n=n,
        metrics={name: float(metric(sums, n)) for name, metric in METRICS.items()},
        intervals={}
        if drawn is None
        else {name: edges(metric(drawn, n)) for name, metric in METRICS.items()},
        per_class=[
            {
                "label": name,
                "precision": float(share(right[place], answered[place])),
                "recall": float(share(right[place], true[place])),
                "f1": float(share(2 * right[place], answered[place] + true[place])),
                "support": int(true[place]),
            }
            for place, name in enumerate(names)
        ],
    )


def difference_interval(
    truth: np.ndarray, reference: np.ndarray, candidate: np.ndarray, metric: str
) -> tuple[float, float]:
    """The interval of metric(reference) - metric(candidate), by a paired bootstrap (Efron 1979)."""
    n = len(truth)
    if n < 2:
        return 0.0, 0.0
    drawn = resampled(np.stack([counts(truth, reference), counts(truth, candidate)], axis=1))
    compute = METRICS[metric]
    return edges(compute(drawn[:, 0], n) - compute(drawn[:, 1], n))


def by_label(sums: Counts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each label, how many rows are right, answered and true: each (..., labels)."""
    right, answered, true = np.split(sums[..., :-1], 3, axis=-1)
    return right, answered, true


def divergence(reference: np.ndarray, candidate: np.ndarray) -> float:
    """The mean over rows of the sum over labels of KL(reference || candidate), in nats."""
    found = 0.0
    for sign in (1, -1):
        log_p, log_q = log_sigmoid(sign * reference), log_sigmoid(sign * candidate)
        found += float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())
    return found


def log_sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities, float64."""
    found: np.ndarray = -np.logaddexp(0, -logits.astype(np.float64))
    return found
