import pytest

from edgeft.report import Report, StepRun
from edgeft.report.cautions import (
    cautions,
    few_validation_texts,
    lost_on_test,
    no_mistakes,
    slowed,
)


def test_few_texts_at_a_gate_are_told_with_what_one_of_them_weighs(report: Report) -> None:
    (gate,) = report.gates
    (said,) = few_validation_texts([gate.model_copy(update={"n": 6}), gate])
    assert said == (
        "The gates decided on 6 validation texts. One text is 0.167 of accuracy: a max_drop of"
        " 0.01 cannot be resolved by 6 texts, and a gate that passed says little. Give"
        " data.validation a few hundred texts, or raise data.validation_size."
    )


def test_a_loss_that_only_test_shows_comes_first(report: Report) -> None:
    def said(**bundle: object) -> list[str]:
        rows = [*report.rows[:-1], report.rows[-1].model_copy(update=bundle)]
        return lost_on_test(report.model_copy(update={"rows": rows}))

    (told,) = said(drop=0.13, drop_interval=(0.05, 0.22))
    assert told.startswith(
        "On test the bundle loses 0.1300 accuracy to its teacher (95 % interval 0.0500 to 0.2200),"
        " more than the 0.01 that max_drop allows"
    )
    assert said(drop=0.13, drop_interval=(0.005, 0.22)) == []  # it could be less
    assert said(drop=0.13, drop_interval=(0.05, 0.22), split="validation") == []
    assert said(drop=None, drop_interval=None) == []


def test_a_hundred_texts_at_a_gate_are_enough(report: Report) -> None:
    (gate,) = report.gates
    assert few_validation_texts([gate.model_copy(update={"n": 100})]) == []
    assert few_validation_texts([gate.model_copy(update={"n": 22, "allowed": 0.05})]) == []
    assert few_validation_texts([gate.model_copy(update={"n": 19, "allowed": 0.05})]) != []
    assert few_validation_texts([gate.model_copy(update={"n": 19, "allowed": 0.0})]) != []
    assert few_validation_texts([]) == []


@pytest.mark.parametrize(("n", "share"), [(6, "0.39"), (59, "0.05"), (444, "0.0067")])
def test_a_perfect_score_is_bounded_exactly(report: Report, n: int, share: str) -> None:
    # (1 - 0.0495)^59 = 0.05: the 59 that samplers know
    perfect = report.rows[-1].model_copy(update={"value": 1.0, "n": n})
    (said,) = no_mistakes(perfect)
    assert f"up to {share} of all texts" in said


def test_figures_of_validation_and_notes_on_the_data_are_cautions(report: Report) -> None:
    rows = [row.model_copy(update={"split": "validation", "n": 500}) for row in report.rows]
    said = cautions(report.model_copy(update={"rows": rows}))
    assert len(said) == 2
    assert said[0].startswith("There is no test split: the figures are of validation")
    assert said[1] == "3 empty texts were left out"


def test_privacy_that_a_later_step_gave_away_is_told(report: Report) -> None:
    def said(*after: StepRun) -> list[str]:
        private = step("finetune", {"private": {"epsilon": 8.0}})
        found = cautions(report.model_copy(update={"steps": [step("data"), private, *after]}))
        return [each for each in found if "epsilon" in each]

    on_others = step("distill", {"transfer_rows": {"labelled": 0, "copies": 0, "unlabelled": 9}})
    on_the_same = step("distill", {"transfer_rows": {"labelled": 9, "copies": 0, "unlabelled": 9}})
    assert said(on_others, step("export"), step("quantize")) == []
    (one,) = said(on_the_same, step("prune"), step("export"))
    assert one.startswith(
        "finetune-one was trained with differential privacy, and distill-one and prune-one read"
    )
    assert not [each for each in cautions(report) if "epsilon" in each]


def step(kind: str, figures: dict[str, object] | None = None) -> StepRun:
    """A step of a run."""
    return StepRun(
        name=f"{kind}-one",
        kind=kind,
        method="one",
        seconds=1.0,
        cached=False,
        figures=figures or {},
    )


def test_speeds_of_a_busy_machine_are_not_believed(report: Report) -> None:
    def said(cores_used: float) -> list[str]:
        first, *others = report.benchmark["rows"]
        timed = {**report.benchmark, "rows": [{**first, "cores_used": cores_used}, *others]}
        return slowed(report.model_copy(update={"benchmark": timed}))

    (told,) = said(0.6)
    assert told.startswith("Other programs took part of the time of bundle: times and their")
    assert said(0.95) == slowed(report.model_copy(update={"benchmark": {}})) == []


def test_a_perfect_f1_is_no_promise_either(report: Report) -> None:
    perfect = report.rows[-1].model_copy(update={"value": 1.0, "metric": "f1"})
    assert len(no_mistakes(perfect)) == 1
    assert no_mistakes(perfect.model_copy(update={"metric": "spearman"})) == []
