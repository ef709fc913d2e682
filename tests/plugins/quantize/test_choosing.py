"""Of the graphs that are accurate enough, one that stays within the budgets ships."""

from collections.abc import Callable

import pytest

from edgeft.gates.speed import Timing, smallest_of_the_fast
from edgeft.plugin import Bundle, Context, Dataset, Gates
from edgeft_quantize import Dynamic, DynamicOptions
from edgeft_quantize.choosing import reason, within

LENGTHS = [1.0, 5.0, 2.0, 9.0, 3.0, 7.0, 4.0, 8.0]
SIZES = {"fp32": 12_000_000, "int8": 3_200_000, "int8-int4": 2_400_000}
CALLED = {name: name for name in SIZES}


def timings(**times: float) -> dict[str, Timing]:
    """Of each graph the given median, in ms."""
    return {
        name.replace("_", "-"): Timing(p50, (p50, p50), [p50 * each / 4.5 for each in LENGTHS])
        for name, p50 in times.items()
    }


SLOW = timings(fp32=2.0, int8=1.0, int8_int4=1.3)
NEAR = timings(fp32=2.0, int8=1.0, int8_int4=1.2)


def chosen(times: dict[str, Timing], **gates: float) -> str:
    fitting = within(Gates(**gates), times, SIZES) or times
    return smallest_of_the_fast(fitting, SIZES)


def test_a_slower_graph_ships_where_no_other_is_small_enough() -> None:
    assert chosen(SLOW) == "int8"
    assert chosen(SLOW, max_size_mb=3) == "int8-int4"


def test_a_larger_graph_ships_where_no_other_is_quick_enough() -> None:
    assert chosen(NEAR) == "int8-int4"
    assert chosen(NEAR, max_p50_ms=1.1) == "int8"


@pytest.mark.parametrize("gates", [{"max_size_mb": 1}, {"max_size_mb": 3, "max_p50_ms": 1.1}])
def test_where_no_graph_meets_every_budget_they_choose_nothing(gates: dict[str, float]) -> None:
    assert chosen(NEAR, **gates) == "int8-int4"
    assert chosen(SLOW, **gates) == "int8"


def test_a_reason_says_that_budgets_left_less_to_choose() -> None:
    fitting = within(Gates(max_size_mb=3), SLOW, SIZES)
    assert reason("int8-int4", CALLED, SLOW, fitting) == (
        "the fastest, of the 1 within the budgets (median of whole answers to single texts,"
        " interleaved: fp32 2 ms, int8 1 ms, int8-int4 1.3 ms)"
    )
    assert reason("int8", CALLED, SLOW, SLOW).startswith("the fastest that passes (median")


def test_a_quantizer_knows_the_budgets_and_the_threads_that_they_are_judged_with(
    make_tiny_export: Callable[[str], Bundle], tiny_dataset: Dataset, context: Context
) -> None:
    free = context.at(context.out.with_name("free"), gates=Gates(max_drop=1))
    made = Dynamic(DynamicOptions(), free).run(make_tiny_export("bert"), tiny_dataset)
    least = made.variant_file("int8-int4").stat().st_size
    gates = Gates(max_drop=1, max_size_mb=least / 1e6)
    bound = context.at(context.out, gates=gates, timed_threads=2)
    found = Dynamic(DynamicOptions(), bound).run(make_tiny_export("bert"), tiny_dataset)
    assert sorted(found.manifest.variants) == ["fp32", "int8", "int8-int4"]
    assert found.manifest.chosen == "int8-int4"
    assert "of the 1 within the budgets" in found.manifest.choice["variant"]["reason"]
    assert [each.manifest.choice["variant"]["threads"] for each in (made, found)] == [1, 2]
