"""Alternatives are timed on the same inputs, and only a clear difference decides."""

import time

from edgeft.gates.speed import (
    Timing,
    duel,
    fastest,
    interleaved,
    smallest_of_the_fast,
)


def timing(*raw: float) -> Timing:
    middle = sorted(raw)[len(raw) // 2]
    return Timing(middle, (min(raw), max(raw)), list(raw))


def test_every_candidate_works_on_the_same_inputs_in_turn() -> None:
    seen: dict[str, list[int]] = {"a": [], "b": []}
    interleaved({"a": seen["a"].append, "b": seen["b"].append}, [1, 2, 3], rounds=20)
    assert seen["a"] == seen["b"]
    assert set(seen["a"]) == {1, 2, 3}


def test_the_order_within_a_round_changes() -> None:
    order: list[str] = []
    interleaved(
        {"a": lambda _: order.append("a"), "b": lambda _: order.append("b")}, [0], rounds=20
    )
    rounds = ["".join(order[start : start + 4]) for start in range(6, len(order), 4)]
    assert set(rounds) == {"aabb", "bbaa"}


def test_slow_candidate_is_found_slow() -> None:
    found = interleaved(
        {"slow": lambda _: time.sleep(0.003), "quick": lambda _: time.sleep(0.001)},
        [0],
        rounds=15,
    )
    assert found["slow"].p50_ms >= 3  # and as much more as a busy machine makes of a sleep
    assert fastest(found) == "quick"
    low, high = found["quick"].interval
    assert low <= found["quick"].p50_ms <= high
    assert len(found["quick"].raw) == 15


def test_timing_stops_when_its_seconds_are_over() -> None:
    found = interleaved({"a": lambda _: time.sleep(0.002)}, [0], rounds=10_000, seconds=0.05)
    assert 8 <= len(found["a"].raw) < 50


def test_first_stands_where_the_other_is_faster_by_chance() -> None:
    first = timing(1.0, 1.2, 0.9, 1.1, 1.0, 1.3, 0.8, 1.0)
    other = timing(1.1, 0.9, 1.0, 1.0, 0.9, 1.2, 0.9, 1.1)
    timings = {"first": first, "other": other}
    assert not duel("other", "first", timings).is_faster
    assert fastest(timings) == "first"


def test_paired_times_show_what_their_spread_would_hide() -> None:
    lengths = [1.0, 5.0, 2.0, 9.0, 3.0, 7.0, 4.0, 8.0]
    first = timing(*lengths)
    other = timing(*(0.95 * each for each in lengths))
    timings = {"first": first, "other": other}
    assert duel("other", "first", timings).is_faster
    assert fastest(timings) == "other"


def test_a_much_smaller_file_may_take_a_little_longer() -> None:
    lengths = [1.0, 5.0, 2.0, 9.0, 3.0, 7.0, 4.0, 8.0]
    times = {"fp32": timing(*lengths), "int8": timing(*(1.06 * each for each in lengths))}
    assert fastest(times) == "fp32"
    assert smallest_of_the_fast(times, {"fp32": 15, "int8": 4}) == "int8"
    assert smallest_of_the_fast(times, {"fp32": 4, "int8": 15}) == "fp32"
    slow = times | {"int8": timing(*(1.3 * each for each in lengths))}
    assert smallest_of_the_fast(slow, {"fp32": 15, "int8": 4}) == "fp32"


def test_a_file_that_is_hardly_smaller_may_hardly_take_longer() -> None:
    lengths = [1.0, 5.0, 2.0, 9.0, 3.0, 7.0, 4.0, 8.0]
    times = {"int8": timing(*lengths), "int4": timing(*(1.2 * each for each in lengths))}
    assert smallest_of_the_fast(times, {"int8": 100, "int4": 95}) == "int8"
    assert smallest_of_the_fast(times, {"int8": 100, "int4": 79}) == "int4"
