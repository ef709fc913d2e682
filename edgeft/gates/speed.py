"""Timing alternatives against each other on one machine.

Times drift by a fifth between two runs of one program on one machine, so alternatives are only
compared where each has worked on the same input at nearly the same moment.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from edgeft.intervals import interval

T = TypeVar("T")

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


def interleaved(
    candidates: dict[str, Callable[[T], object]],
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
    return {
        name: Timing(float(np.median(times)), interval(np.array(times), "median"), times)
        for name, times in raw.items()
    }


def is_faster(timing: Timing, than: Timing) -> bool:
    """Whether the paired times leave no doubt (95 %) that one alternative is faster than another.

    Times are compared as logarithms, so that long and short inputs count alike.
    """
    saved = np.log(than.raw) - np.log(timing.raw)
    low, _ = interval(saved, "median")
    return low > 0


def fastest(timings: dict[str, Timing]) -> str:
    """The name of the fastest; an earlier one stands unless a later one is faster beyond doubt."""
    best, *others = timings
    for name in others:
        if is_faster(timings[name], timings[best]):
            best = name
    return best
