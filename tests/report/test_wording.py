import pytest

from edgeft.report.wording import (
    fact_logs,
    fact_rows,
    figure,
    interval,
    megabytes,
    milliseconds,
    minutes,
    significant,
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


def test_units_are_written_and_nothing_is_written_for_none() -> None:
    assert megabytes(15_800_000) == "15.8 MB"
    assert megabytes(1_234_000_000) == "1.23 GB"
    assert milliseconds(0.3344) == "0.334 ms"
    assert interval((0.9, 0.95)) == "0.900 to 0.950"
    assert [figure(None), megabytes(None), milliseconds(None), interval(None)] == [""] * 4


def test_lists_of_mappings_are_logs() -> None:
    found = {"training": {"log": [{"epoch": 1}, {"epoch": 2}]}, "seeds": [1, 2]}
    assert list(fact_logs(found)) == [("training.log", [{"epoch": 1}, {"epoch": 2}])]


def test_nested_facts_become_dotted_rows_and_empty_ones_are_left_out() -> None:
    found = {
        "rows": {"train": 10_003},
        "runs": [{"seed": 1}, {"seed": 2}],
        "fits": True,
        "seeds": list(range(20)),
        "note": "",
        "nothing": None,
    }
    assert list(fact_rows(found)) == [
        ("rows.train", "10,003"),
        ("fits", "yes"),
        ("seeds", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ... (20 in all)"),
    ]
