"""Graphs against each other on this machine, each timed as what will ship.

Captured graphs first; then each rewrite in turn on the best so far. A challenger has to answer as
its checkpoint does, and to be faster beyond doubt, or smaller without being slower, or to do with
fewer nodes and look no slower.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import onnx

from edgeft.gates.parity import NEARLY, TOLERANCE, Expected, Feed, compare
from edgeft.gates.sessions import AS_IT_IS, CHANGES, WITHOUT_FUSION
from edgeft.gates.speed import Duel, Timing, duel, interleaved
from edgeft.plugin import GateError, ModelError, first_line
from edgeft.quantization.dynamic import quantize_weights
from edgeft.quantization.nodes import weight_nodes
from edgeft.quantization.profiles import profile_of
from edgeft.runtime.session import open_session
from edgeft_onnx.rewrites import APPROXIMATE, rewritten

SESSIONS = {AS_IT_IS: {}, WITHOUT_FUSION: CHANGES[WITHOUT_FUSION]}
"""session options that every graph is timed with: what onnxruntime makes of it decides as much"""

SECONDS, MOST_SECONDS = 4.0, 20.0
"""of a duel: more than the least where graphs are slow"""
ROUNDS = 40
"""rounds that such a duel should have, each of which runs every graph twice"""
MORE = 3
"""times that a duel goes on as long as before while the challenger looks faster by what may be
chance: a hundredth of a slow graph's time takes more rounds to see than a tenth"""

SMALLER = 0.999
"""share of a graph's bytes below which another is smaller, whatever its nodes"""

Runner = Callable[[Feed], object]


@dataclass(frozen=True)
class Graph:
    """A graph that answers as its checkpoint does."""

    name: str
    """dynamo + first-token + plain"""
    path: Path
    figures: dict[str, Any]
    """bytes, as it is and as it is timed, nodes and parity"""

    @property
    def strategy(self) -> str:
        """The capture strategy that it began as."""
        return self.name.partition(" + ")[0]

    @property
    def rewrites(self) -> list[str]:
        """The rewrites that were made since, in order."""
        return self.name.split(" + ")[1:]


@dataclass(frozen=True)
class Judge:
    """What every graph is judged by, and what is known of them already."""

    expected: Expected
    feeds: list[Feed]
    """what every graph answers under the clock"""
    threads: int
    timed_as: str
    """int8 or fp32"""
    work: Path
    """directory of the graphs; what was found of them is kept there when interrupted"""

    @cached_property
    def known(self) -> dict[str, dict[str, Any]]:
        """What was found before an interruption, by the name of the graph or of the duel."""
        try:
            found: dict[str, dict[str, Any]] = json.loads(self.record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    @property
    def record(self) -> Path:
        """The file that remembers what is known."""
        return self.work / "tournament.json"

    def remember(self, name: str, found: dict[str, Any]) -> None:
        """Keep what was found, so that no interruption costs it."""
        self.known[name] = found
        written = self.record.with_suffix(".partial")
        written.write_text(json.dumps(self.known), encoding="utf-8")
        written.replace(self.record)

    def admit(self, name: str, make: Callable[[Path], None]) -> Graph:
        """Make a graph and compare it with its checkpoint; raises GateError or ModelError."""
        path = self.work / f"{name.replace(' + ', '+')}.onnx"
        if name not in self.known or not path.is_file():
            make(path)
            parity = compare(path, self.expected, tolerance_of(name)).figures()
            nodes = len(onnx.load(path, load_external_data=False).graph.node)
            sizes = {"bytes": path.stat().st_size, "timed_bytes": self.timed(path).stat().st_size}
            found = {**sizes, "nodes": nodes, "parity": parity}
            self.remember(name, found)
        return Graph(name, path, self.known[name])

    def timed(self, path: Path) -> Path:
        """The file that is timed for a graph, made where it is not there: what will ship."""
        return int8_twin(path) if self.timed_as == "int8" else path

    def runners(self, graph: Graph) -> dict[str, Runner]:
        """The graph as it will ship, with every choice of session options."""
        path = self.timed(graph.path)
        found: dict[str, Runner] = {}
        for called, options in SESSIONS.items():
            session = open_session(path, "cpu", self.threads, options)  # as the runtime does
            found[f"{graph.name}, {called}"] = partial(session.run, None)
        return found


def tolerance_of(name: str) -> float:
    """How far the logits of a graph of this name may be from its checkpoint's."""
    return TOLERANCE if APPROXIMATE.keys().isdisjoint(name.split(" + ")) else NEARLY


@dataclass
class Standings:
    """How the tournament went so far."""

    best: Graph
    runner: str
    """the best graph with the session options that suit it"""
    p50_ms: float
    """of the best, when it was timed last"""
    graphs: list[Graph]
    """all that answer as their checkpoint does, in the order in which they came"""
    duels: dict[str, Duel] = field(default_factory=dict)
    """of each graph but the first, against the best at that time"""
    sessions: dict[str, dict[str, float]] = field(default_factory=dict)
    """p50 of each graph with each choice of session options, ms, in the first turn of its duel"""
    refused: dict[str, str] = field(default_factory=dict)
    """rewritten graphs that do not answer, and why"""
    idle: list[str] = field(default_factory=list)
    """rewrites that found nothing to do"""


def play(
    judge: Judge, captured: list[Graph], rewrites: Sequence[str], moved: Callable[[], None]
) -> Standings:
    """Find the fastest graph; `moved` is called after each that was tried."""
    standings = opening(judge, captured[0])
    for graph in captured[1:]:
        meet(judge, standings, graph)
        moved()
    for rewrite in rewrites:
        name = f"{standings.best.name} + {rewrite}"
        model = rewritten(onnx.load(standings.best.path), rewrite)
        if model is None:
            standings.idle.append(rewrite)
        else:
            try:
                meet(judge, standings, judge.admit(name, partial(save, model)))
            except (GateError, ModelError) as error:
                standings.refused[name] = error.message
        moved()
    return standings


def opening(judge: Judge, first: Graph) -> Standings:
    """The first graph, which is the best while there is no other."""
    timings = interleaved(judge.runners(first), judge.feeds, rounds=100, seconds=2.0)
    runner = min(timings, key=lambda each: timings[each].p50_ms)
    sessions = {first.name: by_session(timings)}
    return Standings(first, runner, timings[runner].p50_ms, [first], sessions=sessions)


def meet(judge: Judge, standings: Standings, graph: Graph) -> None:
    """Time a graph against the best so far, and let the better one stand."""
    champion = standings.best
    name = f"{graph.name} against {champion.name}"
    if name not in judge.known:
        fresh, sessions = fought(judge, standings, graph)
        judge.remember(name, {"duel": asdict(fresh), "sessions": sessions})
    found = Duel.from_json(judge.known[name]["duel"])
    standings.graphs.append(graph)
    standings.sessions[graph.name] = judge.known[name]["sessions"]
    standings.duels[graph.name] = found
    if is_better(graph, champion, found):
        standings.best, standings.runner = graph, found.challenger
        standings.p50_ms = found.p50_ms[0]
    else:
        standings.p50_ms = found.p50_ms[1]


def is_better(graph: Graph, champion: Graph, found: Duel) -> bool:
    """Whether a challenger is to stand: for its time, its bytes or its nodes."""
    share = graph.figures["timed_bytes"] / champion.figures["timed_bytes"]
    does_with_fewer = share <= 1 and graph.figures["nodes"] < champion.figures["nodes"]
    return bool(
        found.is_faster
        or (share < SMALLER and not found.is_slower)
        or (does_with_fewer and found.figures()["ratio"] <= 1)
    )


def fought(judge: Judge, standings: Standings, graph: Graph) -> tuple[Duel, dict[str, float]]:
    """A graph's duel with the best so far, and its p50 with each choice of session options, ms.

    The challenger is timed with all of these, and meets the best with those that suit it.
    """
    challengers = judge.runners(graph)
    rivals = {standings.runner: judge.runners(standings.best)[standings.runner], **challengers}
    wanted = len(rivals) * ROUNDS * 2 * standings.p50_ms / 1000
    seconds = min(max(SECONDS, wanted), MOST_SECONDS)
    timings = interleaved(rivals, judge.feeds, seconds=seconds)
    quickest = min(challengers, key=lambda each: timings[each].p50_ms)
    found = duel(quickest, standings.runner, timings)
    sessions = by_session({name: timings[name] for name in challengers})
    both = {name: rivals[name] for name in (found.champion, found.challenger)}
    for seed in range(1, MORE + 1):
        if not found.is_open:
            break
        more = interleaved(both, judge.feeds, seconds=seconds, seed=seed)
        timings = {name: Timing.of(timings[name].raw + more[name].raw) for name in both}
        found = duel(found.challenger, found.champion, timings)
    return found, sessions


def by_session(timings: dict[str, Timing]) -> dict[str, float]:
    """The p50 of one graph by what its session options are called, ms."""
    return {name.rpartition(", ")[2]: round(each.p50_ms, 4) for name, each in timings.items()}


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write a rewritten graph; raises ModelError where it is none that onnx accepts."""
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        said = f"a rewrite left no valid graph: {first_line(error)}"
        raise ModelError(said, hint="leave it out") from error
    onnx.save(model, path)


def int8_twin(path: Path) -> Path:
    """Write the graph beside itself as the quantizer `dynamic` makes it here, unless it is there.

    With its default options, that is: what ships where nothing else is asked for.
    """
    twin = path.with_suffix(".int8.onnx")
    if not twin.is_file():
        profile = profile_of("auto")
        partial_twin = path.with_suffix(".partial")
        quantize_weights(
            path,
            partial_twin,
            [node.name for node in weight_nodes(path)],
            per_channel=profile.per_channel,
            reduce_range=profile.reduce_range,
        )
        partial_twin.rename(twin)
    return twin
