import pytest

from edgeft.report import Attempt, Report, Row
from edgeft.report.advice import unmet
from edgeft.report.verdict import verdict


def compared(report: Report, **bundle: object) -> str:
    """The last sentence of the verdict on a baseline and a bundle."""
    baseline, _, shipped = report.rows
    rows = [baseline, shipped.model_copy(update=bundle)]
    return verdict(rows, []).partition("20 test texts. ")[2]


@pytest.mark.parametrize("gain", [0.02, 0.0, -0.02])
def test_a_gain_that_could_as_well_be_none_is_called_neither_better_nor_worse(
    report: Report, gain: float
) -> None:
    said = compared(report, gain=gain, gain_interval=(gain - 0.03, gain + 0.03))
    assert said == (
        "It cannot be told apart from the baseline of TF-IDF and a linear model on 20 texts"
        f" (0.7000; 95 % paired interval of the gain: {gain - 0.03:.4f} to {gain + 0.03:.4f}):"
        " let size and speed decide, or test on more texts."
    )


def test_a_loss_beyond_doubt_is_said_loudly_and_a_gain_plainly(report: Report) -> None:
    loss = compared(report, gain=-0.05, gain_interval=(-0.08, -0.02))
    assert loss.startswith("It DOES NOT BEAT the baseline")
    assert loss.endswith("that is what to ship, or what to improve on.")
    gain = compared(report, gain=0.05, gain_interval=(0.02, 0.08))
    assert gain.startswith("It beats the baseline")


def test_whole_verdict_of_a_search(report: Report, students: list[Attempt]) -> None:
    baseline, teacher, bundle = report.rows
    teacher = teacher.model_copy(update={"size_bytes": 91_000_000, "p50_ms": 8.35})
    drop = {"drop": 0.05, "drop_interval": (0.01, 0.09)}
    gain = {"gain": 0.15, "gain_interval": (-0.01, 0.31)}
    bundle = bundle.model_copy(update=drop | gain)
    assert verdict([baseline, teacher, bundle], students) == (
        "The bundle reaches 0.8500 accuracy on 20 test texts. It has 2 of 6 layers: the cheapest."
        " That is 0.0500 worse than its teacher (95 % paired interval of the loss: 0.0100 to"
        " 0.0900), at 25.0 times its speed, in 17.4 % of its size. It cannot be told apart from"
        " the baseline of TF-IDF and a linear model on 20 texts (0.7000; 95 % paired"
        " interval of the gain: -0.0100 to 0.3100): let size and speed decide, or test on more"
        " texts."
    )


@pytest.mark.parametrize(
    ("drop", "interval", "said"),
    [
        (0.01, (-0.02, 0.04), "0.0100 worse than its teacher, which 20 texts cannot tell from"),
        (-0.01, (-0.04, 0.02), "0.0100 better than its teacher, which 20 texts cannot tell from"),
        (-0.03, (-0.05, -0.01), "0.0300 better than its teacher (95 %"),
        (0.0, (-0.02, 0.02), "as good as its teacher (95 %"),
    ],
)
def test_a_difference_to_the_teacher_that_may_be_none_is_told_as_such(
    drop: float, interval: tuple[float, float], said: str, report: Report
) -> None:
    *others, bundle = report.rows
    bundle = bundle.model_copy(update={"drop": drop, "drop_interval": interval})
    assert f"That is {said}" in verdict([*others, bundle], [])


def test_a_search_without_a_winner_delivers_nothing(
    report: Report, students: list[Attempt]
) -> None:
    assert "no bundle is delivered" in verdict(report.rows, students[1:])


def test_what_a_teacher_gave_its_student_is_told(report: Report) -> None:
    _, teacher, bundle = report.rows
    plain = teacher.model_copy(update={"name": "student-plain", "value": 0.8})

    def said(taught: float, **further: float) -> str:
        interval = (taught - 0.02, taught + 0.02)
        update = {"name": "student", "taught": taught, "taught_interval": interval, **further}
        return verdict([teacher, plain, teacher.model_copy(update=update), bundle], [])

    known = "the same student trained without its teacher (0.8000; 95 % paired interval of the gain"
    assert f"Before export it beats {known}: 0.0300 to 0.0700)." in said(0.05)
    assert f"Before export it cannot be told apart from {known}" in said(0.01)
    assert said(-0.05).endswith("-0.0700 to -0.0300): the teacher did harm.")
    assert f"Before it was cut, at 0.8500, it beats {known}" in said(0.05, as_taught=0.85)


def test_a_model_that_has_learnt_nothing_is_not_praised(report: Report) -> None:
    baseline, teacher, bundle = report.rows
    why = {"nothing_learnt": "f1 is 0.0000", "drop": 0.0, "drop_interval": (0.0, 0.0)}
    gain = {"gain": 0.1, "gain_interval": (0.05, 0.15)}
    useless = [each.model_copy(update=why | gain) for each in (teacher, bundle)]
    assert verdict([baseline, *useless], []) == (
        "The bundle reaches 0.8500 accuracy on 20 test texts. It has learnt nothing: f1 is 0.0000."
    )
    report.rows = [baseline, *useless]
    assert "The teacher has learnt nothing: train for more epochs" in unmet(report)[0]


def test_what_kept_a_bundle_from_being_delivered_comes_first(
    report: Report, students: list[Attempt]
) -> None:
    failed = ["quantize-dynamic loses 0.2", "the bundle has 9 MB"]
    said = verdict(report.rows, [], failed)
    assert said.startswith(
        "No bundle is delivered: quantize-dynamic loses 0.2; the bundle has 9 MB. The bundle"
        " that was made reaches"
    )
    assert verdict(report.rows, students[1:], failed).startswith("The bundle")


def test_no_rows_no_verdict() -> None:
    rows: list[Row] = []
    assert verdict(rows, []) == "Nothing was trained."
