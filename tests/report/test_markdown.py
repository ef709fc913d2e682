from pathlib import Path

import pytest
from ruamel.yaml import YAML

from edgeft.recipe import parse_recipe
from edgeft.report import Report
from edgeft.report.markdown import is_number, to_markdown
from edgeft.report.sections import as_yaml

WHOLE = Path(__file__).with_name("report.md")


def test_whole_report_as_markdown(report: Report) -> None:
    assert to_markdown(report) == WHOLE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("cell", "number"),
    [("0.850", True), ("12,700", True), ("15.8 MB", True), ("05-quantize", False), ("", False)],
)
def test_only_figures_are_set_to_the_right(cell: str, number: bool) -> None:
    assert is_number(cell) is number


def test_report_without_rows_gates_or_steps_still_says_its_verdict(report: Report) -> None:
    bare = report.model_copy(
        update={"rows": [], "gates": [], "steps": [], "choice": {}, "data": {}}
    )
    written = to_markdown(bare)
    assert "The bundle beats the baseline by 0.150." in written
    assert "## Chosen variant" not in written
    assert "## Labels" not in written


def test_what_is_folded_stands_at_the_end_behind_a_link(report: Report) -> None:
    start, _, end = to_markdown(report).partition("## In full")
    assert "[All that was timed to choose](#all-that-was-timed-to-choose)" in start
    assert "### All that was timed to choose" in end
    assert "without arena, extended" in end
    assert "without arena, extended" not in start
    assert "## " not in end.replace("### ", "")


def test_recipe_in_a_report_reads_back_as_the_same_recipe() -> None:
    recipe = parse_recipe(
        {
            "base": "m",
            "data": {"train": "t.csv"},
            "steps": [{"finetune": {"method": "full", "learning_rate": 2e-5}}],
        }
    )
    written = as_yaml(recipe.model_dump(mode="json"))
    assert parse_recipe(YAML(typ="safe", pure=True).load(written)) == recipe
