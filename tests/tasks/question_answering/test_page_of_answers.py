"""What docs/tasks/question-answering.md says is true."""

import json
import re
from pathlib import Path

import pytest
from questions import COLUMNS

from edgeft.cli import main
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.recipe import load_recipe
from edgeft.tasks.question_answering import QuestionAnswering

PAGE = Path(__file__).parents[3] / "docs" / "tasks" / "question-answering.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
DATA = [
    (language, block) for language, block in BLOCKS if language not in ("yaml", "python")
]  # fmt: skip
CONTEXT = "anna eats rice, lives in new york, test3"


@pytest.mark.parametrize(("language", "block"), DATA, ids=[language for language, _ in DATA])
def test_data_of_the_page_is_read(language, block, tmp_path):
    file = tmp_path / f"train.{language}"
    file.write_text(block)
    context = Context(out=tmp_path / "data", task=QuestionAnswering())
    source = DataSource(train=str(file), validation=str(file), columns=COLUMNS)
    rows = open_split(prepare(source, context.task, context, find=lambda _: None), "train")
    assert rows["text"][:] == ["Where does Bonn lie?", "Who founded it?"]
    (((start, end),), none) = map(json.loads, rows["label"])
    assert rows["pair"][0][start:end] == "on the Rhine"
    assert none == []


def test_recipe_of_the_page_is_valid(tmp_path, registry):
    (recipe,) = [block for language, block in BLOCKS if language == "yaml"]
    (tmp_path / "recipe.yaml").write_text(recipe)
    found = load_recipe(tmp_path / "recipe.yaml")
    task = registry.task(found.task)
    for step in found.steps:
        options = registry.options(step.kind, step.method, step.options)
        registry.step(step.kind, step.method).check_task(options, task)


def test_snippet_and_commands_of_the_page_run(make_question_bundle, tmp_path, monkeypatch, capsys):
    (tmp_path / "bundle").symlink_to(make_question_bundle("bert").path)
    monkeypatch.chdir(tmp_path)
    (snippet,) = [block for language, block in BLOCKS if language == "python"]
    exec(compile(snippet, str(PAGE), "exec"), {})
    capsys.readouterr()
    assert main(["predict", "bundle", "where does anna live?", CONTEXT, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["answer"], found["start"], found["end"]) == ("new york", 25, 33)

    (tmp_path / "questions.csv").write_text(
        f'question,context\nwhere does anna live?,"{CONTEXT}"\n'
    )
    columns = ["--text", "question", "--pair", "context"]
    assert main(["predict", "bundle", "--file", "questions.csv", *columns, "--out", "a.csv"]) == 0
    header, row = (tmp_path / "a.csv").read_text().splitlines()
    assert header == "text,pair,answer,start,end,score"
    assert ",new york,25,33,0." in row


def test_a_bundle_is_scored_from_the_command_line(make_question_bundle, question_files, capsys):
    bundle = str(make_question_bundle("bert").path)
    assert main(["evaluate", bundle, "--data", question_files["test"]]) == 0
    out = capsys.readouterr().out
    assert out.startswith("f1 ")
    assert "exact_match" in out
    assert "no answer" in out
