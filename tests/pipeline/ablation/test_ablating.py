"""An ablation runs what it says, keeps what it ran, and says what each lever gives."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notes import Notes

from edgeft.ablation import Ablation, Outcome
from edgeft.ablation.ablating import ablate, gain, interval_of_mean
from edgeft.ablation.levers import Lever, chosen, levers
from edgeft.ablation.page import origin, rows, write
from edgeft.errors import ModelError, RecipeError
from edgeft.recipe import Recipe

FINETUNE = {"method": "full", "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}

SPOILT = {"epochs": 0.5, "learning_rate": 1.0, "teachers": []}


def outcomes(*values: float, seconds: float = 1.0) -> list[Outcome]:
    return [
        Outcome(seed=seed, value=value, n=1000, seconds=seconds, model="bundle", passed=True)
        for seed, value in enumerate(values)
    ]


def test_interval_is_student_t() -> None:
    # mean 0.02, s = 0.01, n = 3: 0.02 +- 4.302653 * 0.01 / sqrt(3)
    low, high = interval_of_mean([0.01, 0.02, 0.03])
    assert (low, high) == (pytest.approx(-0.004841, abs=1e-6), pytest.approx(0.044841, abs=1e-6))


@pytest.mark.parametrize(
    ("without", "more_is_better", "verdict"),
    [
        ((0.80, 0.81, 0.79), True, "helps"),
        ((0.80, 0.81, 0.79), False, "harms"),
        ((0.90, 0.89, 0.92), True, "no difference to be seen"),
    ],
)
def test_a_gain_compares_runs_of_one_seed(
    make_recipe: Callable[..., Recipe], without: Any, more_is_better: bool, verdict: str
) -> None:
    lever = Lever("augment.mask", "the step augment: mask", make_recipe())
    whole = outcomes(0.90, 0.91, 0.89, seconds=5)
    found = gain(lever, whole, outcomes(*without), more_is_better)
    assert found.verdict == verdict
    assert found.seconds == 4
    if verdict != "no difference to be seen":
        assert found.gain == (0.1 if more_is_better else -0.1)
        # the differences are all alike: of a share one text of 1,000 either way remains
        least = 0.001 if more_is_better else 0
        assert found.interval == pytest.approx((found.gain - least, found.gain + least))


def test_a_lever_that_takes_validation_texts_away_cannot_be_judged_by_them(
    make_recipe: Callable[..., Recipe],
) -> None:
    lever = Lever("clean.review", "the step clean: review", make_recipe())
    whole = [each.model_copy(update={"n": 990}) for each in outcomes(0.90, 0.91, 0.89)]
    found = gain(lever, whole, outcomes(0.80, 0.81, 0.79))
    assert found.verdict == "not to be told: it takes validation texts away"


def test_runs_are_kept_and_steps_are_shared(
    make_recipe: Callable[..., Recipe], registry, tmp_path: Path
) -> None:
    recipe = make_recipe(
        steps=[
            {"finetune": {**FINETUNE, "epochs": 4, "label_smoothing": 0.2}},
            {"augment": {"method": "mask", "copies": 1}},
            {"distill": {**FINETUNE, "method": "layers", "keep": 2, "epochs": 2}},
        ]
    )
    notes = Notes()
    found = levers(recipe, registry)
    assert [each.name for each in found] == ["finetune.label_smoothing", "augment.mask"]

    def run(names: list[str]) -> Ablation:
        return ablate(
            recipe,
            chosen(found, names),
            tmp_path / "out",
            registry,
            seeds=[0, 1],
            progress=notes,
            threads=1,
            device="cpu",
        )

    first = run(["augment.mask"])
    assert (first.model, first.metric, first.split) == ("student", "accuracy", "validation")
    assert [each.seed for each in first.runs] == [0, 1]
    (mask,) = first.gains
    assert mask.gain == pytest.approx(
        sum(a.value - b.value for a, b in zip(first.runs, mask.runs, strict=True)) / 2, abs=1e-6
    )
    folder = tmp_path / "out/reports"
    steps = {
        name: {
            step["name"]: step["cached"]
            for step in json.loads((folder / f"{name}.json").read_text())["report"]["steps"]
        }
        for name in ("seed-0-whole", "seed-0-augment.mask")
    }
    assert not any(steps["seed-0-whole"].values())
    assert list(steps["seed-0-whole"]) == [
        "data",
        "finetune-full",
        "augment-mask",
        "distill-layers",
    ]
    assert not json.loads((folder / "seed-0-whole.json").read_text())["report"]["benchmark"]
    assert {each.model for each in first.runs} == {"student"}
    assert steps["seed-0-augment.mask"]["finetune-full"] is True  # no lever touches it
    assert steps["seed-0-augment.mask"]["distill-layers"] is False
    (folder.parent / "seed-0" / "report.json").write_text("{}")  # of a run that was killed
    notes.said.clear()
    both = run([])
    assert sum(said.endswith("run before") for said in notes.said) == 4
    assert {each.lever for each in both.gains} == {each.name for each in found}
    assert both.runs == first.runs
    write(both, tmp_path)
    assert Ablation.model_validate_json((tmp_path / "ablation.json").read_text()) == both
    text = (tmp_path / "ablation.md").read_text()
    assert "| augment.mask |" in text
    assert "<svg" in (tmp_path / "ablation.html").read_text()


def test_a_gate_that_fails_is_a_result(
    make_recipe: Callable[..., Recipe], registry, tmp_path: Path
) -> None:
    recipe = make_recipe(
        steps=[
            {"finetune": {**FINETUNE, "epochs": 8}},
            {"augment": {"method": "mask", "copies": 1}},
            {"distill": {**FINETUNE, "method": "layers", "keep": 1, **SPOILT}},
        ],
        gates={"max_drop": 0.0},
    )
    found = ablate(
        recipe, levers(recipe, registry), tmp_path / "out", registry,
        seeds=[0, 1], progress=Notes(), threads=1, device="cpu",
    )  # fmt: skip
    assert not all(each.passed for each in found.runs)
    write(found, tmp_path)
    assert ", gate failed" in (tmp_path / "ablation.md").read_text()
    for each in found.gains:
        failed = sum(not run.passed for run in each.runs)
        verdict = next(row[3] for row in rows(found) if row[0] == each.lever)
        assert (f"; {failed} of 2 failed their gates" in verdict) == (failed > 0)
    assert "of 2 failed their gates)" in origin(found)


def test_a_lever_without_which_nothing_runs_is_named_first(
    make_recipe: Callable[..., Recipe], registry, tmp_path: Path
) -> None:
    recipe = make_recipe(steps=[{"finetune": {**FINETUNE, "epochs": 1}}])
    broken = make_recipe(base="./nowhere/at/all")
    with pytest.raises(ModelError, match="nowhere"):
        ablate(
            recipe, [Lever("base", "the base", broken)], tmp_path / "out", registry,
            seeds=[0, 1], progress=Notes(), threads=1, device="cpu",
        )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_a_recipe_that_trains_nothing_to_measure_is_refused(
    make_recipe: Callable[..., Recipe], registry, tmp_path: Path
) -> None:
    recipe = make_recipe(steps=[{"augment": "mask"}, {"finetune": "adapt"}])
    with pytest.raises(RecipeError, match="trains no model that knows labels"):
        ablate(
            recipe, levers(recipe, registry), tmp_path / "out", registry,
            seeds=[0, 1], progress=Notes(), threads=1, device="cpu",
        )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_one_process_ablates(
    make_recipe: Callable[..., Recipe], registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RecipeError, match="several processes"):
        ablate(make_recipe(), [], tmp_path / "out", registry, seeds=[0, 1], progress=Notes())
