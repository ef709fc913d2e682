"""What a bundle takes of its budgets, and the students that were tried for them."""

from collections.abc import Sequence

from edgeft.gates import BudgetResult
from edgeft.report import Attempt, Report
from edgeft.report.blocks import Block, Figure, Table, Text
from edgeft.report.frontier import frontier_svg
from edgeft.report.wording import figure, interval, milliseconds, significant, size

SHOWN = 5
"""students in the table of an error, the nearest ones"""


def budgets(found: list[BudgetResult]) -> list[Block]:
    """What the bundle takes of each budget; times are of validation texts."""
    if not found:
        return []
    rows = [
        [
            budget.budget,
            f"{significant(budget.measured)} {budget.unit}",
            " to ".join(significant(edge) for edge in budget.interval or ()),
            f"{budget.allowed:g} {budget.unit}",
            "yes" if budget.passed else "no",
        ]
        for budget in found
    ]
    return [Table(["budget", "measured", "95 % interval", "allowed", "passed"], rows)]


def students(found: Sequence[Attempt]) -> Table:
    """A row a student: what was measured of it, and what became of it."""
    metric = found[0].metric
    columns = ["student", "what", metric, "loss", "95 % interval", "size", "p50", "outcome"]
    rows = [
        [
            each.name,
            each.what,
            figure(each.value),
            figure(each.drop),
            interval(each.drop_interval),
            size(each.size_bytes),
            milliseconds(each.p50_ms),
            f"{each.outcome}: {each.reason}",
        ]
        for each in found
    ]
    return Table(columns, rows)


def in_short(found: Sequence[Attempt]) -> list[list[str]]:
    """The same for a terminal: a header and the rows, without columns in which nothing stands."""
    table = students(found)
    told = [place for place in range(len(table.columns)) if any(row[place] for row in table.rows)]
    return [[row[place] for place in told] for row in [table.columns, *table.rows]]


def attempts(report: Report) -> list[Block]:
    """Every student that was tried or skipped, the cheapest first, and why."""
    if not report.attempts:
        return []
    metric = report.attempts[0].metric
    table = students(report.attempts)
    measured = [each for each in report.attempts if each.value is not None and each.p50_ms]
    tried = f"{len(measured)} of {len(table.rows)} students were tried, the cheapest first."
    blocks: list[Block] = [Text(tried), table]
    if not measured:
        return blocks
    first = measured[0]
    blocks.append(
        Text(
            f"Each as the file that would ship, through the runtime, on {first.n:,} validation"
            f" texts. The loss is against the teacher, which reaches {figure(first.teacher)}. p50"
            " is of single validation texts, each student timed alone."
        )
    )
    gates = report.recipe.get("gates", {})
    megabytes = gates.get("max_size_mb")
    plot = frontier_svg(
        measured,
        limit=first.limit,
        longest=gates.get("max_p50_ms"),
        largest=round(megabytes * 1e6) if megabytes else None,
    )
    blocks.append(Figure(plot, f"{metric} on validation; dashed: what the recipe allows"))
    return blocks
