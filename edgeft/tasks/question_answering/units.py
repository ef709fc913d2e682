"""What models say of the tokens of a text, and what is true of them.

The units of a window are its first token, which speaks for no answer, and those of the text; see
`edgeft.runtime.questions`.
"""

from collections.abc import Iterator

import numpy as np

from edgeft.runtime.excerpts import best_of, relative
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import UNLABELLED
from edgeft.tasks.question_answering.rows import read

START, END = 1, 2
"""what a unit's label is made of: 3 where an answer begins and ends there, 0 for any other unit"""
UNLIKELY = -30.0
"""how far below no answer a token lies that nothing was said of"""


def tags_of(answer: str | None, units: np.ndarray) -> np.ndarray:
    """The label of each unit of a window, int64 (units,), for units' characters (units, 2).

    The first answer that lies in the window is the one; where none does, the window has none, and
    the first unit is both start and end.
    """
    if answer is None:
        return np.full(len(units), UNLABELLED, dtype=np.int64)
    found = np.zeros(len(units), dtype=np.int64)
    for start, end in read(answer):
        own = np.flatnonzero((units[1:, 1] > start) & (units[1:, 0] < end)) + 1
        if len(own) and units[1, 0] <= start and end <= units[-1, 1]:
            found[own[0]] |= START
            found[own[-1]] |= END
            return found
    found[0] = START | END
    return found


def by_text(outputs: Outputs) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of each text what is said of its units, (units, 2), and their characters, (units, 2)."""
    if outputs.starts is None or outputs.spans is None:
        raise ValueError("these outputs are of whole texts")
    for low, high in zip(outputs.starts[:-1], outputs.starts[1:], strict=True):
        yield outputs.values[low:high], outputs.spans[low:high]


def moved(values: np.ndarray, spans: np.ndarray, units: np.ndarray) -> np.ndarray:
    """What is said of `spans` for other `units` of the same text, float32 (units, 2).

    A start is where its first character is, and an end where its last one is. So what is said of
    starts, as probabilities, goes to the unit that holds their first characters, and of ends to
    that of their last ones: no part of it is lost or counted twice, however two tokenizers cut
    words. All is said relative to no answer, which is 0 in each window.
    """
    above, own = relative(values, spans)
    found = np.full((len(units), 2), UNLIKELY)
    of_text = np.flatnonzero(units[:, 1] > 0)
    for column, at in ((0, own[:, 0]), (1, own[:, 1] - 1)):
        firsts, order = np.unique(units[of_text, 0], return_inverse=True)
        holder = np.searchsorted(firsts, at, side="right") - 1
        sums = np.full(len(firsts), UNLIKELY)
        np.logaddexp.at(sums, holder[holder >= 0], above[holder >= 0, column])
        found[of_text, column] = sums[order]
    found[units[:, 1] == 0] = 0.0
    return found.astype(np.float32)


def divergence(reference: Outputs, candidate: Outputs) -> float:
    """The mean squared difference of two models' logits of the same tokens, in variances.

    The variance is that of the first model's.
    """
    variance = max(float(reference.values.var(dtype=np.float64)), 1e-12)
    difference = np.square(reference.values.astype(np.float64) - candidate.values)
    return float(difference.mean()) / variance


def agreement(reference: Outputs, candidate: Outputs) -> float:
    """The share of questions that get the same characters for an answer, or none from both."""
    pairs = zip(answers(reference), answers(candidate), strict=True)
    same = [one == other for one, other in pairs]
    return float(np.mean(same)) if same else 1.0


def answers(outputs: Outputs) -> list[tuple[int, int]]:
    """The characters of each answer; (0, 0) where there is none."""
    found = []
    for values, spans in by_text(outputs):
        best = best_of(values, spans)
        found.append((best.start, best.end) if best.score > 0 else (0, 0))
    return found
