import pytest

from edgeft.report.axes import ends, marks


@pytest.mark.parametrize(
    "values", [[1.0], [0.9, 1.0], [0.999, 0.9995], [0.0, 1.0], [0.93, 0.925], [0.0]]
)
def test_an_axis_of_shares_neither_ends_above_one_nor_starts_below_nothing(
    values: list[float],
) -> None:
    low, high = ends(values)
    assert 0 <= low <= min(values) <= max(values) <= high <= 1
    assert low < high
    found = marks(low, high)
    assert 3 <= len(found) <= 7
    assert all(0 <= value <= 1 + 1e-12 for value, _ in found)


def test_an_axis_of_anything_else_has_air_on_both_sides() -> None:
    assert ends([1.0, 2.0]) == pytest.approx((0.9, 2.1))
    assert ends([-1.0, 0.5]) == pytest.approx((-1.15, 0.65))


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (0.99, 1.0, ["0.990", "0.992", "0.994", "0.996", "0.998", "1.000"]),
        (0.903, 0.94, ["0.91", "0.92", "0.93", "0.94"]),
        (0.0, 0.368, ["0.0", "0.1", "0.2", "0.3"]),
        (0.0, 12.0, ["0", "2", "4", "6", "8", "10", "12"]),
    ],
)
def test_marks_are_round_figures(low: float, high: float, written: list[str]) -> None:
    found = marks(low, high)
    assert [text for _, text in found] == written
    assert [value for value, _ in found] == pytest.approx([float(text) for text in written])


@pytest.mark.parametrize(
    ("high", "written"), [(1.0, "0 1"), (3.0, "0 1 2 3"), (12.0, "0 2 4 6 8 10 12")]
)
def test_marks_are_no_closer_than_they_may_be(high: float, written: str) -> None:
    assert [text for _, text in marks(0.0, high, least=1.0)] == written.split()
