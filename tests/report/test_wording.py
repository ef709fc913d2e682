import pytest

from edgeft.report.wording import (
    figure,
    interval,
    milliseconds,
    minutes,
    significant,
    size,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0.00"),
        (0.334, "0.334"),
        (0.0412, "0.0412"),
        (12.345, "12.3"),
        (812.4, "812"),
        (12_700.0, "12,700"),
        (1e-5, "1.00e-05"),
        (-0.5, "-0.500"),
    ],
)
def test_numbers_have_three_significant_digits(value: float, written: str) -> None:
    assert significant(value) == written


@pytest.mark.parametrize(
    ("seconds", "written"), [(4.24, "4.2 s"), (200.4, "3 min 20 s"), (3900, "1 h 5 min")]
)
def test_seconds_are_written_as_a_person_says_them(seconds: float, written: str) -> None:
    assert minutes(seconds) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0.0 kB"),
        (31_101, "31.1 kB"),
        (99_940, "99.9 kB"),
        (100_000, "0.1 MB"),
        (15_800_000, "15.8 MB"),
        (1_234_000_000, "1.23 GB"),
    ],
)
def test_sizes_below_a_tenth_of_a_megabyte_are_kilobytes(count: int, written: str) -> None:
    assert size(count) == written


def test_units_are_written_and_nothing_is_written_for_none() -> None:
    assert milliseconds(0.3344) == "0.334 ms"
    assert interval((0.9, 0.95)) == "0.900 to 0.950"
    assert [figure(None), size(None), milliseconds(None), interval(None)] == [""] * 4
