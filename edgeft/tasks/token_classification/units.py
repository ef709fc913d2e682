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


def held(values: np.ndarray, spans: np.ndarray, units: np.ndarray) -> np.ndarray:
    """What is said of `spans` (units, 2) for other `units` of the same text; see `Task.moved`.

    A unit gets what was said of the one that holds its first character, and NaN where none does,
    because another tokenizer cuts texts sooner.
    """
    found = np.full((len(units), values.shape[1]), np.nan, dtype=np.float32)
    firsts, lasts = spans.T
    at = units[:, 0]
    place = np.searchsorted(firsts, at, side="right") - 1
    holds = place >= 0
    holds[holds] &= at[holds] < lasts[place[holds]]
    found[holds] = values[place[holds]]
    return found
