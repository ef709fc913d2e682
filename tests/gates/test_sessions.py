"""Session options are tried one on top of another, and only a clear gain is kept."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgeft.errors import GateError
from edgeft.gates import speed
from edgeft.gates.sessions import best_session

CHANGES = {"b": {"b": 1}, "c": {"c": 1}, "d": {"d": 1}}
MILLISECONDS = {"": 4, "b": 2, "bc": 3, "bd": 1}


class Clock:
    """Time that passes only while a graph works: on a machine without other programs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.noise = np.random.default_rng(0)

    def perf_counter(self) -> float:
        return self.now

    def perf_counter_ns(self) -> int:
        return round(self.now * 1e9)

    def runner(self, options: dict[str, Any]) -> Callable[[object], object]:
        seconds = MILLISECONDS["".join(sorted(options))] / 1000

        def work(_: object) -> None:
            self.now += seconds * self.noise.uniform(0.9, 1.1)

        return work


def test_each_change_is_tried_on_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(speed, "time", clock)
    found = best_session(clock.runner, [0], changes=CHANGES, rounds=12)
    assert found.options == {"b": 1, "d": 1}
    assert found.name == "b, d"
    assert [(each.challenger, each.champion) for each in found.duels] == [
        ("b", "as it is"),
        ("b, c", "b"),
        ("b, d", "b"),
    ]
    assert [each.is_faster for each in found.duels] == [True, False, True]
    assert found.duels[1].is_slower
    assert found.duels[0].ratio == pytest.approx(0.5, abs=0.05)
    assert sorted(found.figures()["duels"]) == ["b", "b, c", "b, d"]


def test_options_that_are_refused_are_passed_over() -> None:
    found = best_session(
        lambda options: None if "b" in options else (lambda _: None),
        [0],
        changes={"b": {"b": 1}},
        rounds=8,
    )
    assert (found.options, found.duels) == ({}, [])


def test_a_graph_that_is_refused_as_it_is_has_no_best_session() -> None:
    with pytest.raises(GateError, match="does not answer as it should"):
        best_session(lambda _: None, [0], changes=CHANGES)
