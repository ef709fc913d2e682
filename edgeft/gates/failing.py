"""What a run failed of its gates and budgets, in words, and what helps."""

from collections.abc import Sequence

from edgeft.gates import BudgetResult, GateResult


def failings(gates: Sequence[GateResult], budgets: Sequence[BudgetResult]) -> list[str]:
    """Every gate and budget that failed, a clause a gate and one for the budgets."""
    found = [loss(gate) for gate in gates if not gate.passed]
    if over := [budget for budget in budgets if not budget.passed]:
        found.append(f"the bundle has {excess(over)}")
    return found


def remedies(gates: Sequence[GateResult], budgets: Sequence[BudgetResult]) -> list[str]:
    """What helps against those, each a clause."""
    found = []
    if any(not gate.passed for gate in gates):
        found.append("keep more layers, train longer, or raise gates.max_drop")
    if over := [budget.budget for budget in budgets if not budget.passed]:
        found.append(
            "let edgeft look for a smaller student with distill: {method: auto}, or raise"
            f" {' and '.join(f'gates.{name}' for name in over)}"
        )
    return found


def loss(gate: GateResult) -> str:
    """What a step lost: `distill-layers loses 0.0312 f1 on 300 validation texts (...)`."""
    low, high = gate.interval
    return (
        f"{gate.step} loses {gate.drop:.4f} {gate.metric} on {gate.n} validation texts"
        f" (95 % interval {low:.4f} to {high:.4f}), the recipe allows {gate.allowed:g}"
    )


def excess(over: Sequence[BudgetResult]) -> str:
    """What is over its budgets: `15.8 MB (allowed 5 MB) and 1 ms (allowed 0.5 ms)`."""
    return " and ".join(
        f"{each.measured:.3g} {each.unit} (allowed {each.allowed:g} {each.unit}"
        f"{'; ' * bool(each.nearest)}{each.nearest})"
        for each in over
    )
