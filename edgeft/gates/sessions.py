"""Which session options make a graph fastest here: each is tried on the best found so far."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from edgeft.errors import GateError
from edgeft.gates.speed import Duel, duel, interleaved

T = TypeVar("T")
Judge = Callable[[str, Callable[[], Duel]], Duel]
"""gives the duel of a challenger of this name: a remembered one, or what the call finds"""

AS_IT_IS = "as it is"
WITHOUT_FUSION = "without SkipLayerNormFusion"
CHANGES: dict[str, dict[str, Any]] = {
    WITHOUT_FUSION: {"disabled_optimizers": ["SkipLayerNormFusion"]},
    "without memory pattern": {"memory_pattern": False},
    "without arena": {"arena": False},
    "extended optimization": {"graph_optimization_level": "extended"},
}
"""Session options by what they are called for a reader. onnxruntime makes that fusion when it
opens a graph, and it costs time on many CPUs; a pattern of memory pays where all texts are equally
long, which they are not."""


@dataclass(frozen=True)
class BestSession:
    """Session options that won, and what was measured to find them."""

    options: dict[str, Any]
    name: str
    duels: list[Duel]

    def figures(self) -> dict[str, Any]:
        """What the history keeps of it."""
        return {
            "options": self.options,
            "duels": {each.challenger: each.figures() for each in self.duels},
        }


def fought(challenger: str, fight: Callable[[], Duel]) -> Duel:
    """Run the duel now: the default judge, which keeps no results."""
    return fight()


def best_session(
    open_runner: Callable[[dict[str, Any]], Callable[[T], object] | None],
    inputs: Sequence[T],
    *,
    changes: Mapping[str, dict[str, Any]] = CHANGES,
    rounds: int = 200,
    seconds: float = 3.0,
    judge: Judge = fought,
) -> BestSession:
    """Find the session options that run a graph fastest, starting from none.

    `open_runner` opens the graph with options and returns what computes an input, or None where
    it refuses these. Each change is timed on top of the best so far, interleaved with it, and kept
    where it is faster beyond doubt. `judge` may know a duel from before. Raises GateError where the
    graph is refused as it is.
    """
    options: dict[str, Any] = {}
    name = AS_IT_IS
    runner = open_runner(options)
    if runner is None:
        raise GateError("the graph does not answer as it should", hint="try another variant")
    duels: list[Duel] = []
    for change, added in changes.items():
        tried = name_of(name, change)
        challenger = open_runner(options | added)
        if challenger is None:
            continue
        pair = {name: runner, tried: challenger}
        duels.append(judge(tried, partial(between, pair, inputs, rounds, seconds)))
        if duels[-1].is_faster:
            name, runner, options = tried, challenger, options | added
    return BestSession(options, name, duels)


def between(
    pair: Mapping[str, Callable[[T], object]],
    inputs: Sequence[T],
    rounds: int = 200,
    seconds: float = 3.0,
) -> Duel:
    """How the second of two does against the first."""
    champion, challenger = pair
    return duel(challenger, champion, interleaved(pair, inputs, rounds=rounds, seconds=seconds))


def name_of(before: str, change: str) -> str:
    """What a graph with one more change is called."""
    return change if before == AS_IT_IS else f"{before}, {change}"
