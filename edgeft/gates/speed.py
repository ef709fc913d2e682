"""Timing alternatives against each other on one machine.

Times drift by a fifth between two runs of one program on one machine, so alternatives are only
compared where each has worked on the same input at nearly the same moment.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np

from edgeft.intervals import interval

T = TypeVar("T")

MARGIN = 0.25
"""by how much longer a smaller file may take at most and still ship"""
WARM_UP = 3
FEWEST_ROUNDS = 8


@dataclass(frozen=True)
class Timing:
    """How long one alternative took."""

    p50_ms: float
    interval: tuple[float, float]
    """95 % bootstrap interval of the median, ms"""
    raw: list[float]
    """ms of every round, in the order of the rounds, which is the same for all alternatives"""

    @classmethod
    def of(cls, raw: list[float]) -> Self:
        """What these ms say."""
        return cls(float(np.median(raw)), interval(np.array(raw), "median"), raw)


def interleaved(
    candidates: Mapping[str, Callable[[T], object]],
    inputs: Sequence[T],
    *,
    rounds: int = 200,
    seconds: float = 10.0,
    seed: int = 0,
) -> dict[str, Timing]:
    """Time every candidate on one input a round, in an order drawn anew for each round.

    Inputs are taken in turn. Each candidate is timed on its second run in a row, as it would run
    alone. It ends after `rounds`, or once `seconds` are over (but not before a few rounds are
    done). The first rounds warm up and are not counted.
    """
    random = np.random.default_rng(seed)
    names = list(candidates)
    raw: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(WARM_UP):
        for name in names:
            candidates[name](inputs[turn % len(inputs)])
    started = time.perf_counter()
    for turn in range(rounds):
        if turn >= FEWEST_ROUNDS and time.perf_counter() - started > seconds:
            break
        given = inputs[turn % len(inputs)]
        for place in random.permutation(len(names)):
            candidate = candidates[names[place]]
            candidate(given)  # brings its weights back into the cache that the others used
            start = time.perf_counter_ns()
            candidate(given)
            raw[names[place]].append((time.perf_counter_ns() - start) / 1e6)
    return {name: Timing.of(times) for name, times in raw.items()}


@dataclass(frozen=True)
class Duel:
    """How a challenger did against the best so far, both on the same inputs at the same time."""

    challenger: str
    champion: str
    p50_ms: tuple[float, float]
    """of the challenger, of the champion"""
    ratio: float
    """median of the challenger's time over the champion's on the same input: below 1 is faster"""
    interval: tuple[float, float]
    """95 % bootstrap interval of the ratio"""
    rounds: int

    @property
    def is_faster(self) -> bool:
        """Whether the challenger is faster beyond doubt."""
        return self.interval[1] < 1

    @property
    def is_slower(self) -> bool:
        """Whether the challenger is slower beyond doubt."""
        return self.interval[0] > 1

    @property
    def is_open(self) -> bool:
        """Whether the challenger looks faster, and chance alone could make it look so."""
        return self.ratio < 1 <= self.interval[1]

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """The duel whose fields were written as JSON, where tuples become lists."""
        return cls(**fields | {each: tuple(fields[each]) for each in ("p50_ms", "interval")})

    def figures(self) -> dict[str, Any]:
        """What the history keeps of it."""
        return {
            "against": self.champion,
            "p50_ms": round(self.p50_ms[0], 4),
            "against_p50_ms": round(self.p50_ms[1], 4),
            "ratio": round(self.ratio, 4),
            "interval": [round(edge, 4) for edge in self.interval],
            "rounds": self.rounds,
        }


def duel(challenger: str, champion: str, timings: dict[str, Timing]) -> Duel:
    """Compare two of the alternatives that were timed together.

    Times are compared as logarithms, so that long and short inputs count alike.
    """
    timing, than = timings[challenger], timings[champion]
    logs = np.log(timing.raw) - np.log(than.raw)
    low, high = interval(logs, "median")
    return Duel(
        challenger,
        champion,
        (timing.p50_ms, than.p50_ms),
        float(np.exp(np.median(logs))),
        (float(np.exp(low)), float(np.exp(high))),
        len(logs),
    )


def fastest(timings: dict[str, Timing]) -> str:
    """The name of the fastest; an earlier one stands unless a later one is faster beyond doubt."""
    best, *others = timings
    for name in others:
        if duel(name, best, timings).is_faster:
            best = name
    return best


def smallest_of_the_fast(timings: dict[str, Timing], sizes: Mapping[str, int]) -> str:
    """The name of the smallest, by `sizes` in bytes, that takes about as long as the fastest.

    Beyond doubt (95 %), its time may be longer by the share of bytes that it saves, and by `MARGIN`
    at most; the fastest itself where no smaller one is so fast.
    """
    best = fastest(timings)
    for name in sorted(timings, key=lambda each: sizes[each]):
        if sizes[name] >= sizes[best]:
            break
        saved = 1 - sizes[name] / sizes[best]
        if duel(name, best, timings).interval[1] <= 1 + min(MARGIN, saved):
            return name
    return best
