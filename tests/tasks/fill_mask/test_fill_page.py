"""What docs/tasks/fill-mask.md says is true."""

import re
from pathlib import Path

import pytest

from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.recipe import load_recipe
from edgeft.tasks.fill_mask import FillMask

PAGE = Path(__file__).parents[3] / "docs" / "tasks" / "fill-mask.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
DATA = [each for each in BLOCKS if each[0] not in ("yaml", "python")]


@pytest.mark.parametrize(("language", "block"), DATA)
def test_data_of_the_page_is_read(language, block, tmp_path):
    file = tmp_path / f"train.{'jsonl' if language == 'json' else language}"
    file.write_text(block)
    context = Context(out=tmp_path / "data", task=FillMask())
    source = DataSource(train=str(file), validation=str(file))
    rows = open_split(prepare(source, context.task, context, find=lambda _: None), "train")
    texts = [row["text"].replace("[MASK]", row["label"]) for row in rows]
    assert texts[:2] == ["the sky is blue today", "the grass is green in spring"]


def test_recipe_of_the_page_is_valid(tmp_path, registry):
    (recipe,) = [block for language, block in BLOCKS if language == "yaml"]
    (tmp_path / "recipe.yaml").write_text(recipe)
    found = load_recipe(tmp_path / "recipe.yaml")
    task = registry.task(found.task)
    for step in found.steps:
        options = registry.options(step.kind, step.method, step.options)
        registry.step(step.kind, step.method).check_task(options, task)
