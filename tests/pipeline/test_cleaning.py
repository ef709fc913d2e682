"""A run whose data are reviewed first, and then cleaned as a person decided."""

import csv
from pathlib import Path

import pytest

from edgeft.errors import RecipeError
from edgeft.pipeline import run
from edgeft.pipeline.planning import plan

TEACHER = {"finetune": {"method": "full", "epochs": 1, "learning_rate": 3e-3, "batch_size": 8}}


@pytest.fixture
def run_it(registry, tmp_path):
    def start(recipe):
        return run(recipe, tmp_path / "run", registry, threads=1, device="cpu", compared=False)

    return start


def edited(source, out, action):
    """A copy of a decisions file with one action everywhere."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "action": action} for row in rows)
    return rows


def test_everything_after_a_review_is_judged_on_what_was_left(make_recipe, run_it, files, tmp_path):
    with Path(files["test"]).open("a", encoding="utf-8") as file:
        file.write("???,card\n")  # worth a look: no letter and no digit
    review = {"method": "review", "checks": ["text"]}
    first = run_it(make_recipe(steps=[{"clean": review}, TEACHER]))
    assert all(row.n == 31 for row in first.rows)
    mine = tmp_path / "mine.csv"
    rows = edited(tmp_path / "run" / "clean-review" / "decisions.csv", mine, "drop")
    assert [row["text"] for row in rows] == ["???"]

    followed = {"method": "review", "decisions": str(mine)}
    second = run_it(make_recipe(steps=[{"clean": followed}, TEACHER]))
    assert {row.name for row in second.rows} == {"baseline", "teacher"}
    assert all(row.n == 30 for row in second.rows)
    assert second.data["cleaning"]["rows_after"]["test"] == 30
    assert second.data["splits"]["test"]["rows"] == 30
    assert next(step for step in second.steps if step.name == "data").cached


def test_a_reviewer_looks_with_the_base_of_the_recipe(make_recipe, registry, tmp_path, tiny_base):
    recipe = make_recipe(steps=[{"clean": {"method": "review"}}, TEACHER])
    found = plan(recipe, tmp_path / "run", registry)
    (review,) = [node for node in found.nodes if node.kind == "clean"]
    assert review.options.model == str(tiny_base)
    assert found.data == review


def test_a_review_stands_before_everything_else(make_recipe):
    for steps in ([TEACHER, {"clean": "review"}], [{"augment": "mask"}, {"clean": "review"}]):
        with pytest.raises(RecipeError, match="step clean comes after others"):
            make_recipe(steps=steps)
