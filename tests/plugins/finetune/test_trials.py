"""Who is given up on the way, what is left out, and who wins, by scores that are known."""

import pytest
from notes import Notes

from edgeft.errors import TrainingError
from edgeft_finetune.trials import Trial, leader, tried, winner

MANY = [1000, 1000, 1000]
"""texts of each fold: enough that a difference is no luck"""


def raced(
    scores: dict[str, list[float]],
    texts: list[int] = MANY,
    notes: Notes | None = None,
    favourite: str | None = None,
) -> list[Trial]:
    """Trials of methods whose scores on the folds are these; where there is none, it fails."""

    def ask(method: str, number: int) -> dict[str, float]:
        if number > len(scores[method]):
            raise TrainingError(f"{method} has no fold {number}", hint="none")
        return {"score": scores[method][number - 1], "seconds": 1.0}

    return tried(list(scores), ask, texts, notes or Notes(), favourite)


def seen(trials: list[Trial]) -> dict[str, int]:
    """Folds that each method was asked about."""
    return {trial.method: len(trial.scores) for trial in trials}


def test_methods_go_on_as_long_as_they_are_near_the_best() -> None:
    trials = raced({"a": [0.9, 0.8, 0.8], "b": [0.88, 0.82, 0.85], "c": [0.88, 0.7]})
    assert seen(trials) == {"a": 3, "b": 3, "c": 2}
    assert winner(trials).method == "b"


def test_the_order_in_which_methods_come_does_not_save_the_first() -> None:
    trials = raced({"bad": [0.5], "good": [0.9] * 2, "near": [0.88] * 2}, MANY[:2])
    assert [trial.behind for trial in trials] == [True, False, False]


def test_what_is_near_on_one_fold_is_behind_on_two() -> None:
    trials = raced({"a": [0.9, 0.9], "b": [0.875, 0.875]})
    assert seen(trials) == {"a": 2, "b": 2}


def test_the_last_fold_gives_nobody_up() -> None:
    trials = raced({"a": [0.9, 0.9], "b": [0.9, 0.1]}, MANY[:2])
    assert [trial.behind for trial in trials] == [False, False]


@pytest.mark.parametrize(("right", "goes_on"), [(11, True), (10, True), (9, False)])
def test_two_texts_of_a_small_fold_are_luck(right: int, goes_on: bool) -> None:
    trials = raced({"a": [12 / 13] * 2, "b": [right / 13] * 2}, [13, 13])
    assert seen(trials)["b"] == (2 if goes_on else 1)


def test_a_favourite_that_nobody_leads_ends_the_race() -> None:
    scores = {"best": [0.95] * 3, "full": [0.95] * 3, "lora": [0.96] * 3, "near": [0.949] * 3}
    assert seen(raced(scores)) == {"best": 3, "full": 3, "lora": 3, "near": 3}
    trials = raced(scores, favourite="best")
    assert seen(trials) == {"best": 1, "full": 1, "lora": 0, "near": 1}
    assert winner(trials).method == "best"
    assert trials[2].problem.endswith("full lies 0.0000 behind best")


def test_a_favourite_that_is_far_behind_is_given_up_like_any_other() -> None:
    scores = {"best": [0.95], "full": [0.981] * 3, "lora": [0.99] * 3, "near": [0.97] * 3}
    trials = raced(scores, favourite="best")
    assert seen(trials) == {"best": 1, "full": 3, "lora": 3, "near": 3}
    assert winner(trials).method == "lora"


@pytest.mark.parametrize(
    ("right", "taken", "said"),
    [
        (16, "b", "a lies 0.0400 behind b on the first fold"),
        (15, "a", "b leads a by only 0.0300 on the first fold"),
        (11, "a", "b lies 0.0100 behind a on the first fold"),
    ],
)
def test_what_leads_a_favourite_by_little_may_be_luck(right: int, taken: str, said: str) -> None:
    notes = Notes()
    trials = raced({"a": [0.12], "b": [right / 100]}, [100, 100], notes, favourite="a")
    assert winner(trials).method == taken
    assert notes.said == [
        f"{said}: its others are left out",
        f"only {taken} is left: its other folds are left out",
    ]


def test_of_equals_the_first_is_taken() -> None:
    trials = raced({"a": [0.1, 0.2, 0.3], "b": [0.3, 0.1, 0.2]}, [4, 4, 4])
    assert winner(trials).method == "a"


def test_who_is_compared_has_seen_the_same_folds() -> None:
    long, short = Trial("long", [0.8, 0.5, 0.5]), Trial("short", [0.78])
    assert short.behind_by(long) == pytest.approx(0.02)
    assert long.behind_by(short) == pytest.approx(-0.02)
    assert leader([short, long]) is long


@pytest.mark.parametrize(
    ("full", "left_out"), [(0.93, True), (0.94, False), (0.95, False), (0.97, False)]
)
def test_a_constrained_version_is_left_out_only_where_the_other_is_far(
    full: float, left_out: bool
) -> None:
    trials = raced({"best": [1.0] * 3, "full": [full] * 3, "lora": [0.99] * 3})
    assert seen(trials)["lora"] == (0 if left_out else 3)
    assert trials[2].problem.startswith("left out: it trains as full does") is left_out


def test_a_constrained_version_is_tried_where_the_other_could_not_be() -> None:
    trials = raced({"best": [1.0] * 3, "full": [], "lora": [0.99] * 3})
    assert seen(trials) == {"best": 3, "full": 0, "lora": 3}


def test_where_all_that_were_left_fail_who_was_given_up_is_taken() -> None:
    trials = raced({"a": [0.9], "b": [0.89], "c": [0.7], "d": [0.8]})
    assert winner(trials).method == "d"


def test_where_nothing_could_be_tried_nobody_wins() -> None:
    notes = Notes()
    trials = raced({"a": [], "b": []}, notes=notes)
    assert winner(trials) is None
    assert notes.said == [
        "a could not be tried: a has no fold 1",
        "b could not be tried: b has no fold 1",
    ]


def test_figures_say_why_a_method_was_not_tried() -> None:
    trials = raced({"a": [0.91, 0.92], "full": [0.5], "lora": [0.9], "b": []}, MANY[:2])
    assert {trial.method: trial.figures for trial in trials} == {
        "a": {"mean": 0.91, "folds": [0.91], "seconds": 1.0},
        "full": {"mean": 0.5, "folds": [0.5], "seconds": 1.0},
        "lora": {
            "problem": "left out: it trains as full does, under a constraint, and full lies"
            " 0.4100 behind a"
        },
        "b": {"problem": "b has no fold 1"},
    }
