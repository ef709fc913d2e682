"""What logits decide, as a manifest's decoding reads them, and whether two graphs decide alike.

A label of one text, the labels that hold, labelled parts, or the part that answers a question.
Numbers and vectors decide nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from edgeft.runtime.entities import runs, types_of
from edgeft.runtime.excerpts import best_of, score_of

LOGITS = 2
"""logits that may each be off by the tolerance where two are compared"""
SHARE, LEAST = 1e-3, 1e-2
"""the least scale of numbers: that share of the largest, which float32 tells apart, and at all"""


class Decides(Protocol):
    """What is read of a manifest's decoding."""

    @property
    def function(self) -> str: ...
    @property
    def temperature(self) -> float: ...
    @property
    def thresholds(self) -> list[float]: ...
    @property
    def longest(self) -> int: ...


@dataclass(frozen=True)
class Decisions:
    """How the logits of one text become decisions."""

    decoding: Decides
    labels: Sequence[str]

    def alike(
        self,
        wanted: np.ndarray,
        found: np.ndarray,
        allowed: float,
        spans: Sequence[Any] | np.ndarray = (),
    ) -> bool:
        """Whether two graphs decide alike of a text, or the call was closer than `allowed`.

        Of logits (labels,), or (units, labels) of units that have `spans` (units, 2), each of which
        may be off by `allowed`.
        """
        kind = KINDS.get(self.decoding.function)
        return kind is None or kind.alike(self, wanted, found, allowed, np.asarray(spans))

    def of(self, logits: np.ndarray, spans: Sequence[Any] | np.ndarray = ()) -> dict[str, Any]:
        """What is decided, as JSON can say it; nothing of numbers and vectors."""
        kind = KINDS.get(self.decoding.function)
        return {} if kind is None else kind.decided(self, logits, np.asarray(spans))

    def scale(self, answers: Sequence[np.ndarray]) -> float:
        """In what differences of these answers are measured: 1, or of numbers their spread."""
        if self.decoding.function != "identity" or not answers:
            return 1.0
        found = np.concatenate([each.ravel() for each in answers])
        known = found[np.isfinite(found)]
        if not known.size:
            return 1.0
        return max(float(known.std()), SHARE * float(np.abs(known).max()), LEAST)

    def told(
        self,
        said: Mapping[str, Any],
        logits: np.ndarray,
        allowed: float,
        spans: Sequence[Any] | np.ndarray = (),
    ) -> bool:
        """Whether these logits decide what is `said` of a text, in the form of `of`.

        Of labels of the whole text also where the call is closer than `allowed`. What is not said,
        as by bundles of earlier versions, may be anything.
        """
        decided = self.of(logits, spans)
        if all(said.get(key, value) == value for key, value in decided.items()):
            return True
        names = said.get("labels", [said.get("label")])
        if not isinstance(names, list) or not all(each in self.labels for each in names):
            return False
        held = np.where([each in names for each in self.labels], np.inf, -np.inf)
        return logits.ndim == 1 and self.alike(logits, held, allowed)

    @property
    def other(self) -> str:
        """What messages call a decision that differs, such as 'another label'."""
        kind = KINDS.get(self.decoding.function)
        return "another answer" if kind is None else kind.other

    @property
    def held_from(self) -> np.ndarray:
        """The logit from which on each label holds, float64 (labels,)."""
        at = np.asarray(self.decoding.thresholds, np.float64)
        with np.errstate(divide="ignore"):  # a label that always holds, or never
            found: np.ndarray = self.decoding.temperature * np.log(at / (1 - at))
        return found


def same_label(
    of: Decisions, wanted: np.ndarray, found: np.ndarray, allowed: float, spans: np.ndarray
) -> bool:
    """Whether one label of (labels,) is the greatest in both."""
    return bool(wanted.max() - wanted[found.argmax()] <= LOGITS * allowed)


def same_labels(
    of: Decisions, wanted: np.ndarray, found: np.ndarray, allowed: float, spans: np.ndarray
) -> bool:
    """Whether the same of (labels,) hold in both."""
    other = (wanted >= of.held_from) != (found >= of.held_from)
    return not (other & (np.abs(wanted - of.held_from) > allowed)).any()


def same_parts(
    of: Decisions, wanted: np.ndarray, found: np.ndarray, allowed: float, spans: np.ndarray
) -> bool:
    """Whether units (units, labels) make the same labelled parts in both."""
    if parts(of, wanted) == parts(of, found):
        return True
    wanted, found = (lowered(each, of.decoding.thresholds) for each in (wanted, found))
    chosen = wanted[np.arange(len(wanted)), found.argmax(axis=1)]
    return bool((wanted.max(axis=1) - chosen <= LOGITS * allowed).all())


def same_answer(
    of: Decisions, wanted: np.ndarray, found: np.ndarray, allowed: float, spans: np.ndarray
) -> bool:
    """Whether units (units, 2) give the same answer, or none, in both."""
    one, other = (answered(of, each, spans) for each in (wanted, found))
    if one == other:
        return True
    scores = [score_in(of, wanted, spans, each) for each in (one, other)]
    # both scores are sums of two logits above those of no answer
    return bool(scores[0] - scores[1] <= 2 * LOGITS * allowed)


def lowered(logits: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """Logits (units, labels) without what `thresholds` take off each label's; none take nothing."""
    found: np.ndarray = logits - np.asarray(thresholds or 0.0, logits.dtype)
    return found


def parts(of: Decisions, logits: np.ndarray) -> list[tuple[int, int, str]]:
    """First unit, last plus one and type of each labelled part of (units, labels)."""
    if not len(logits):
        return []
    types = types_of(of.labels)
    chosen = lowered(logits, of.decoding.thresholds).argmax(axis=1)
    found = runs(chosen, np.asarray([0, len(logits)]), of.labels)
    each = zip(found.firsts.tolist(), found.lasts.tolist(), found.kinds.tolist(), strict=True)
    return [(first, last, types[kind]) for first, last, kind in each]


def answered(of: Decisions, logits: np.ndarray, spans: np.ndarray) -> tuple[int, int] | None:
    """The characters of the answer that (units, 2) give; None where there is none."""
    best = best_of(logits, spans, of.decoding.longest)
    least = sum(of.decoding.thresholds) if of.decoding.thresholds else -np.inf
    return (best.start, best.end) if best.score > least else None


def score_in(
    of: Decisions, logits: np.ndarray, spans: np.ndarray, answer: tuple[int, int] | None
) -> float:
    """What (units, 2) say of an answer above no answer; of no answer, from where on it is one."""
    if answer is None:
        return float(sum(of.decoding.thresholds))
    return score_of(logits, spans, answer)


def label(of: Decisions, logits: np.ndarray, spans: np.ndarray) -> dict[str, Any]:
    """The label of a text."""
    return {"label": of.labels[int(logits.argmax())]}


def labels(of: Decisions, logits: np.ndarray, spans: np.ndarray) -> dict[str, Any]:
    """The labels that hold."""
    return {
        "labels": [of.labels[place] for place in np.flatnonzero(logits >= of.held_from).tolist()]
    }


def entities(of: Decisions, logits: np.ndarray, spans: np.ndarray) -> dict[str, Any]:
    """The labelled parts, each its first character, its last plus one and its type."""
    found = [
        [int(spans[first, 0]), int(spans[last - 1, 1]), kind]
        for first, last, kind in parts(of, logits)
    ]
    return {"spans": found}


def answer(of: Decisions, logits: np.ndarray, spans: np.ndarray) -> dict[str, Any]:
    """First character and last plus one of the answer; null where there is none."""
    found = answered(of, logits, spans)
    return {"answer": None if found is None else list(found)}


@dataclass(frozen=True)
class Kind:
    """What logits decide, by the decoding's function."""

    decided: Callable[[Decisions, np.ndarray, np.ndarray], dict[str, Any]]
    alike: Callable[[Decisions, np.ndarray, np.ndarray, float, np.ndarray], bool]
    other: str
    """what a text has where two graphs do not decide alike"""


ONE_LABEL = Kind(label, same_label, "another label")
KINDS = {
    "softmax": ONE_LABEL,
    "relation": ONE_LABEL,
    "mask": ONE_LABEL,
    "sigmoid": Kind(labels, same_labels, "other labels"),
    "tags": Kind(entities, same_parts, "other labelled parts"),
    "span": Kind(answer, same_answer, "another answer"),
}
