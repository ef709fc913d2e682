"""What is said of a run that failed gates or budgets."""

from edgeft.gates import BudgetResult, GateResult
from edgeft.gates.failing import excess, failings, remedies
from edgeft.pipeline.budgets import nearest


def over(unit: str, measured: float, allowed: float, **taken: float) -> BudgetResult:
    """A budget that int8 is over, where the graphs take so much."""
    return BudgetResult(
        budget="x", measured=measured, allowed=allowed, unit=unit, passed=False,
        nearest=nearest(taken, "int8", unit),
    )  # fmt: skip


def test_what_is_over_names_the_graph_that_takes_less():
    assert excess([over("MB", 3.2, 2, int8=3.2, int4=2.4), over("ms", 1, 0.5, int8=1.0)]) == (
        "3.2 MB (allowed 2 MB; int4 has 2.4 MB) and 1 ms (allowed 0.5 ms)"
    )


def test_a_graph_that_takes_more_is_not_named():
    assert excess([over("MB", 3.2, 2, int8=3.2, fp32=12.0)]) == "3.2 MB (allowed 2 MB)"


def test_times_that_nobody_measured_are_not_compared():
    assert nearest({}, "int8", "ms") == nearest({"fp32": 1.0}, "int8", "ms") == ""


def test_every_gate_and_budget_that_failed_is_named_with_its_remedy():
    gate = GateResult(
        step="distill-layers", metric="f1", reference=0.9, candidate=0.8, drop=0.1,
        interval=(0.05, 0.15), n=300, allowed=0.01, passed=False,
    )  # fmt: skip
    passed = gate.model_copy(update={"step": "quantize-dynamic", "passed": True})
    large = over("MB", 3.2, 2).model_copy(update={"budget": "max_size_mb"})
    assert failings([gate, passed], [large]) == [
        "distill-layers loses 0.1000 f1 on 300 validation texts (95 % interval 0.0500 to 0.1500),"
        " the recipe allows 0.01",
        "the bundle has 3.2 MB (allowed 2 MB)",
    ]
    assert remedies([gate, passed], [large]) == [
        "keep more layers, train longer, or raise gates.max_drop",
        "let edgeft look for a smaller student with distill: {method: auto}, or raise"
        " gates.max_size_mb",
    ]
    assert failings([passed], []) == remedies([passed], []) == []
