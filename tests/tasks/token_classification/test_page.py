"""What docs/tasks/token-classification.md says is true."""

import json
import re
from pathlib import Path

import pytest
from entities import spans

from edgeft.cli import main
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.recipe import load_recipe
from edgeft.tasks.token_classification import TokenClassification

PAGE = Path(__file__).parents[3] / "docs" / "tasks" / "token-classification.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
DATA = [
    (language, block) for language, block in BLOCKS if language not in ("yaml", "python")
]  # fmt: skip


@pytest.mark.parametrize(("language", "block"), DATA)
def test_data_of_the_page_is_read(language, block, tmp_path):
    file = tmp_path / f"train.{'jsonl' if language == 'json' else language}"
    file.write_text(block)
    context = Context(out=tmp_path / "data", task=TokenClassification())
    source = DataSource(train=str(file), validation=str(file))
    rows = open_split(prepare(source, context.task, context, find=lambda _: None), "train")
    assert rows["text"][0] == "Ann Lee moved to Bonn"
    assert spans(rows["label"][0]) == [(0, 7, "person"), (17, 21, "place")]


RECIPES = [block for language, block in BLOCKS if language == "yaml"]


@pytest.mark.parametrize("recipe", RECIPES, ids=["first", "smallest"])
def test_recipe_of_the_page_is_valid(recipe, tmp_path, registry):
    (tmp_path / "recipe.yaml").write_text(recipe)
    found = load_recipe(tmp_path / "recipe.yaml")
    task = registry.task(found.task)
    for step in found.steps:
        options = registry.options(step.kind, step.method, step.options)
        registry.step(step.kind, step.method).check_task(options, task)


def test_snippet_and_command_of_the_page_run(make_entity_bundle, tmp_path, monkeypatch, capsys):
    (tmp_path / "bundle").symlink_to(make_entity_bundle("bert").path)
    monkeypatch.chdir(tmp_path)
    (snippet,) = [block for language, block in BLOCKS if language == "python"]
    exec(compile(snippet, str(PAGE), "exec"), {})
    capsys.readouterr()
    assert main(["predict", "bundle", "anna lives in new york train3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["label"], each["start"], each["end"]) for each in found["answers"]] == [
        ("person", 0, 4),
        ("place", 14, 22),
    ]


def test_a_bundle_is_scored_from_the_command_line(make_entity_bundle, entity_files, capsys):
    bundle = str(make_entity_bundle("bert").path)
    task = ["--task", "token-classification"]
    assert main(["evaluate", bundle, "--data", entity_files["test"], *task]) == 0
    out = capsys.readouterr().out
    assert out.startswith("f1 ")
    assert "strict_f1" in out
    assert "answered as which" not in out
