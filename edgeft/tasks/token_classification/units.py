"""What models say of units: how alike two of them label these, and what is true of them."""

import numpy as np

from edgeft.runtime.outputs import Outputs
from edgeft.tasks import UNLABELLED
from edgeft.tasks.spans import written
from edgeft.tasks.text_classification.metrics import divergence as divergence_of
from edgeft.tasks.token_classification.tags import tags_of


def shared(reference: Outputs, candidate: Outputs) -> tuple[np.ndarray, np.ndarray]:
    """What both say of the units that both have, each (units, labels).

    Models with one tokenizer have the same units; others share those of the same characters.
    """
    keys, others = keys_of(reference), keys_of(candidate)
    if keys == others:
        return reference.values, candidate.values
    place_of = {key: place for place, key in enumerate(keys)}
    pairs = [(place_of[key], own) for own, key in enumerate(others) if key in place_of]
    one, other = np.asarray(pairs, np.int64).reshape(-1, 2).T
    return reference.values[one], candidate.values[other]


def keys_of(outputs: Outputs) -> list[tuple[int, int, int]]:
    """Row, first and last-plus-one character of each unit."""
    if outputs.starts is None or outputs.spans is None:
        raise ValueError("these outputs are of whole texts")
    rows = np.repeat(np.arange(len(outputs)), np.diff(outputs.starts)).tolist()
    return [(row, *span) for row, span in zip(rows, outputs.spans.tolist(), strict=True)]


def divergence(reference: Outputs, candidate: Outputs) -> float:
    """The mean over units of KL(softmax(reference) || softmax(candidate)), in nats."""
    one, other = shared(reference, candidate)
    return divergence_of(one, other) if len(one) else 0.0


def agreement(reference: Outputs, candidate: Outputs) -> float:
    """The share of units that get the same label; 1 where there are none."""
    one, other = shared(reference, candidate)
    return float((one.argmax(axis=1) == other.argmax(axis=1)).mean()) if len(one) else 1.0


def labelled(
    truth: np.ndarray, outputs: Outputs, names: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The true label of each unit of rows with `truth` (rows,), and its logits (units, labels)."""
    if outputs.starts is None or outputs.spans is None:
        raise ValueError("these outputs are of whole texts")
    starts, spans = outputs.starts, outputs.spans
    labels = [
        tags_of(
            None if row is None else written(row), spans[starts[place] : starts[place + 1]], names
        )
        for place, row in enumerate(truth)
    ]
    wanted = np.concatenate([np.zeros(0, np.int64), *labels])
    known = wanted != UNLABELLED
    return wanted[known], outputs.values[known]


def held(values: np.ndarray, spans: np.ndarray, units: np.ndarray, names: list[str]) -> np.ndarray:
    """What is said of `spans` (units, 2) for other `units` of the same text; see `Task.moved`.

    A unit gets what was said of the one that holds its first character, and NaN where none does,
    because another tokenizer cuts texts sooner. Of several that one holds, those behind the first
    go on with the entity that begins there.
    """
    found = np.full((len(units), values.shape[1]), np.nan, dtype=np.float32)
    firsts, lasts = spans.T
    at = units[:, 0]
    place = np.searchsorted(firsts, at, side="right") - 1
    holds = place >= 0
    holds[holds] &= at[holds] < lasts[place[holds]]
    found[holds] = values[place[holds]]
    further = np.flatnonzero(holds[1:] & holds[:-1] & (place[1:] == place[:-1])) + 1
    found[further] = going_on(found[further], names)
    return found


def going_on(values: np.ndarray, names: list[str]) -> np.ndarray:
    """Logits (units, labels) of units inside of what others begin: B- is as likely as I- was, too.

    So what was said of B- is said of I-, and B- is as unlikely as the least likely label.
    """
    found = values.copy()
    place_of = {name: place for place, name in enumerate(names)}
    least = values.min(axis=1)
    for name, first in place_of.items():
        inside = place_of.get(f"I-{name[2:]}") if name.startswith("B-") else None
        if inside is not None:
            found[:, inside] = np.logaddexp(values[:, inside], values[:, first])
            found[:, first] = least
    return found
