"""Precision, recall and F1 of entities, with bootstrap intervals over the rows.

An entity is right where its characters and its type are those of a true one (CoNLL 2003, as
seqeval computes it).
"""

import numpy as np

from edgeft.intervals import edges, resampled, share
from edgeft.runtime.entities import runs, types_of
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Scores
from edgeft.tasks.text_classification.calibration import calibration_error
from edgeft.tasks.token_classification.units import labelled

TRUE, ANSWERED, RIGHT, STRICT, STRICT_RIGHT = range(5)
"""what is counted of each row and type: true entities, answers and right ones; of those answers
that begin with a B-, all and right ones"""


def score(truth: np.ndarray, outputs: Outputs, names: list[str]) -> Scores:
    """Score what a model says of rows against their true spans, `truth` (rows,)."""
    counts = counted(truth, outputs, names)
    totals = counts.sum(axis=0)[None]
    precision, recall, f1 = by_type(totals)
    return Scores(
        n=len(truth),
        metrics={name: float(each[0]) for name, each in metrics(totals).items()},
        intervals=intervals(counts),
        calibration_error=calibration_error(*labelled(truth, outputs, names)),
        per_class=[
            {
                "label": name,
                "precision": float(precision[0, place]),
                "recall": float(recall[0, place]),
                "f1": float(f1[0, place]),
                "support": int(totals[0, TRUE, place]),
            }
            for place, name in enumerate(types_of(names))
        ],
    )


def correct(truth: np.ndarray, outputs: Outputs, names: list[str]) -> np.ndarray:
    """Whether each row has all of its entities and no other, bool (rows,)."""
    counts = counted(truth, outputs, names).sum(axis=2)
    found: np.ndarray = (counts[:, TRUE] == counts[:, RIGHT]) & (
        counts[:, ANSWERED] == counts[:, RIGHT]
    )
    return found


def counted(truth: np.ndarray, outputs: Outputs, names: list[str]) -> np.ndarray:
    """How many entities of each row and type there are, answered and right: (rows, 5, types)."""
    types = types_of(names)
    place_of = {name: place for place, name in enumerate(types)}
    found = np.zeros((len(truth), 5, len(types)), dtype=np.int64)
    wanted = [set(row or ()) for row in truth]
    for row, spans in enumerate(wanted):
        for span in spans:
            found[row, TRUE, place_of[span.type]] += 1
    for row, span, kind, legal in answered(outputs, names):
        right = (*span, types[kind]) in wanted[row]
        found[row, ANSWERED, kind] += 1
        found[row, RIGHT, kind] += right
        found[row, STRICT, kind] += legal
        found[row, STRICT_RIGHT, kind] += legal and right
    return found


def answered(outputs: Outputs, names: list[str]) -> list[tuple[int, tuple[int, int], int, bool]]:
    """Of each entity that a model finds its row, characters and type, and if it begins with B-."""
    if outputs.starts is None or outputs.spans is None:
        raise ValueError("these outputs are of whole texts")
    found = runs(outputs.values.argmax(axis=1), outputs.starts, names)
    starts = outputs.spans[found.firsts, 0].tolist()
    ends = outputs.spans[found.lasts - 1, 1].tolist()
    spans = zip(starts, ends, strict=True)
    parts = (found.rows.tolist(), spans, found.kinds.tolist(), found.legal.tolist())
    return list(zip(*parts, strict=True))


def metrics(totals: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric, each (many,), of summed counts (many, 5, types)."""
    together = totals.sum(axis=2, keepdims=True)
    precision, recall, f1 = (each[:, 0] for each in by_type(together))
    strict = share(2 * together[:, STRICT_RIGHT], together[:, STRICT] + together[:, TRUE])
    occurs = totals[:, TRUE] + totals[:, ANSWERED] > 0
    _, _, of_types = by_type(totals)
    return {
        "f1": f1,
        "macro_f1": share((of_types * occurs).sum(axis=1), occurs.sum(axis=1)),
        "precision": precision,
        "recall": recall,
        "strict_f1": strict[:, 0],
    }


def by_type(totals: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each type, each (many, types); 0 where there is nothing."""
    right, said, true = totals[:, RIGHT], totals[:, ANSWERED], totals[:, TRUE]
    return share(right, said), share(right, true), share(2 * right, said + true)


def intervals(counts: np.ndarray) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap intervals over the rows (Efron 1979) of counts (rows, 5, types)."""
    if len(counts) < 2:
        return {}
    return {name: edges(each) for name, each in metrics(resampled(counts)).items()}


def difference_interval(
    truth: np.ndarray,
    reference: Outputs,
    candidate: Outputs,
    metric: str,
    names: list[str],
) -> tuple[float, float]:
    """The interval of metric(reference) - metric(candidate), by a paired bootstrap (Efron 1979)."""
    if len(truth) < 2:
        return (0.0, 0.0)
    one, other = (counted(truth, each, names) for each in (reference, candidate))
    drawn = resampled(np.stack([one, other], axis=1))  # (many, 2, 5, types)
    return edges(metrics(drawn[:, 0])[metric] - metrics(drawn[:, 1])[metric])
