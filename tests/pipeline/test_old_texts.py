"""The report of a run that goes on from an earlier model says what is left of what that knew."""

from pathlib import Path

import pytest

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.errors import DataError
from edgeft.evaluation import evaluate
from edgeft.pipeline import run
from edgeft.report import markdown
from edgeft.report.sections import sections


@pytest.fixture
def continued(tiny_checkpoint: Checkpoint, tiny_dataset: Dataset) -> dict[str, object]:
    """The step that goes on from the tiny checkpoint, and remembers what that was trained on."""
    options = {
        "method": "full",
        "continue_from": str(tiny_checkpoint.path),
        "old_data": str(tiny_dataset.path),
        "epochs": 1,
        "precision": "fp32",
    }
    return {"finetune": options}


def test_every_model_of_a_run_is_asked_about_the_old_texts(
    make_recipe, registry, tmp_path, tiny_checkpoint, tiny_dataset, context, continued
):
    export = {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}}
    recipe = make_recipe(steps=[continued, export])

    report = run(recipe, tmp_path / "run", registry, threads=1, device="cpu", compared=False)

    found = {each.model: each for each in report.old_texts}
    assert {*found} == {"before", "teacher", "bundle"}
    for name, model in (
        ("before", tiny_checkpoint),
        ("bundle", Bundle.open(tmp_path / "run/bundle")),
    ):
        scores = evaluate(model, tiny_dataset, "test", task=context.task, threads=1).scores
        assert found[name].value == pytest.approx(scores.metrics["accuracy"])
        assert found[name].n == scores.n == 30
        assert found[name].interval == pytest.approx(scores.intervals["accuracy"])
    asked = [file.name for file in (tmp_path / "run").rglob("old-texts-*.json")]
    assert len(asked) == 1  # the bundle: of the others the step had measured it
    page = markdown.page("", "", sections(report))
    assert "## Old texts" in page
    assert str(Path(tiny_dataset.path)) in page


def test_a_new_label_alone_is_enough_to_go_on_with(
    make_recipe, registry, tmp_path, tiny_checkpoint, continued
):
    new = tmp_path / "new.csv"
    new.write_text("text,label\n" + "".join(f"lost parcel {n},parcel\n" for n in range(20)))
    recipe = make_recipe(data={"train": str(new)}, steps=[continued])
    report = run(recipe, tmp_path / "run", registry, threads=1, device="cpu", compared=False)
    assert [row.name for row in report.rows] == ["teacher"]  # bags of words know nothing else
    made = Checkpoint.open(tmp_path / "run/finetune-full")
    assert made.labels == [*tiny_checkpoint.labels, "parcel"]

    with pytest.raises(DataError, match="every row has the label 'parcel'"):
        run(
            make_recipe(data={"train": str(new)}, steps=[{"finetune": "full"}]),
            tmp_path / "other",
            registry,
            threads=1,
            device="cpu",
        )
