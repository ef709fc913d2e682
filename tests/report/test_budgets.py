from edgeft.gates import BudgetResult
from edgeft.report import Report
from edgeft.report.blocks import Figure, Table, Text
from edgeft.report.budgets import attempts, budgets
from edgeft.report.markdown import to_markdown


def test_budgets_stand_in_a_table(report: Report) -> None:
    found = BudgetResult(
        budget="max_p50_ms", measured=0.4, interval=(0.39, 0.41), allowed=0.3, unit="ms",
        passed=False,
    )  # fmt: skip
    (table,) = budgets([found])
    assert isinstance(table, Table)
    assert table.rows == [["max_p50_ms", "0.400 ms", "0.390 to 0.410", "0.3 ms", "no"]]


def test_every_student_stands_in_the_table_and_the_measured_ones_in_the_plot(
    report: Report, students: list[object]
) -> None:
    report = report.model_copy(update={"attempts": students})
    tried, table, _, figure = attempts(report)
    assert tried == Text("2 of 3 students were tried, the cheapest first.")
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["layers-2", "layers-1", "layers-3"]
    assert table.rows[1][2:] == [
        "0.850", "0.060", "0.030 to 0.090", "4.0 MB", "0.200 ms", "failed: loses 0.0600",
    ]  # fmt: skip
    assert table.rows[2][2:] == ["", "", "", "", "", "skipped: not needed"]
    assert isinstance(figure, Figure)
    assert figure.svg.count("<circle") == 2
    assert "| layers-2 | 2 of 6 layers | 0.920 |" in to_markdown(report)


def test_a_run_without_a_search_has_no_such_sections(report: Report) -> None:
    assert attempts(report) == budgets(report.budgets) == []
