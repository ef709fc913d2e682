"""What the documentation says is true: commands run, generated parts are in step, links lead."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeft.artifacts import Bundle, Dataset
from edgeft.cli import main
from edgeft.data.rows import open_split
from edgeft.recipe import load_recipe
from edgeft.registry import Registry

MadeOnce = Callable[[str, Callable[[Path], object]], Path]

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
GENERATED = [page for page in PAGES if "[[[cog" in page.read_text(encoding="utf-8")]
IN_SCRIPTS = {"scripts/install", "scripts/quickstart", "scripts/test", ". .venv/bin/activate"}
"""lines that tests/test_packaging.py and CI run"""
WHOLE_RUN = {
    "base": "model", "finetune.epochs": "1", "finetune.max_length": "32", "distill.epochs": "1",
    "distill.max_length": "32", "distill.keep": "1", "export.strategies": "[trace]",
    "gates.max_drop": "1", "bench.seconds": "0.1",
}  # fmt: skip
TEACHER_ONLY = {
    "base": "model", "bench.seconds": "0.1",
    "steps": "[{finetune: {method: full, epochs: 1, max_length: 32}}]",
}  # fmt: skip
QUICK = {
    "auto": ["--set=epochs=1", "--set=folds=2"],
    "finetune": ["--set=epochs=1"],
    "distill": ["--set=epochs=1", "--set=keep=1"],
    "bench": ["--seconds=0.1", "--cold-starts=0", "--batch-size=1"],
}
"""what makes a command of the documentation quick"""


def fenced(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def commands(page: Path) -> list[str]:
    """The commands of a page in their order, continued lines joined, comments left out."""
    joined = "".join(fenced(page, "sh")).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


FIRST_RUN = [
    line for line in commands(ROOT / "README.md") if re.match("edgeft (init|run) .*mine", line)
]
"""the commands with which several pages begin: a recipe is written and run"""
PAGES_WITH_COMMANDS = [page for page in PAGES if commands(page)]


@pytest.fixture
def workplace(
    tmp_path: Path,
    tiny_dataset: Dataset,
    tiny_base: Path,
    tiny_bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A directory with the files that the documentation speaks of, all of them tiny."""
    for folder in ("data", "banking77"):
        (tmp_path / folder).mkdir()
    for name, split in (("train", "train"), ("test", "test"), ("more", "train")):
        rows = open_split(tiny_dataset, split).select_columns(["text", "label"])
        rows.to_csv(tmp_path / "data" / f"{name}.csv")
        rows.rename_column("label", "category").to_csv(tmp_path / "banking77" / f"{name}.csv")
    some = open_split(tiny_dataset, "validation").select_columns(["text", "label"])
    some.to_csv(tmp_path / "data" / "some.csv")
    (tmp_path / "data" / "texts.txt").write_text("\n".join(some["text"][:]), encoding="utf-8")
    (tmp_path / "data" / "labels.txt").write_text("\n".join(tiny_dataset.labels))
    shutil.copytree(tiny_base, tmp_path / "model")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for run in ("mine", "bbc-news"):
        shutil.copytree(tiny_bundle.path, tmp_path / "runs" / run / "bundle")
        (tmp_path / "runs" / run / "recipe.json").touch()  # the mark of a run
    recipe = fenced(ROOT / "docs" / "recipe.md", "yaml")[0]
    (tmp_path / "recipe.yaml").write_text(recipe, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def first_run(workplace: Path, made_once: MadeOnce) -> None:
    """What FIRST_RUN leaves: a page that begins with it finds by its fingerprints what is made."""

    def make(out: Path) -> None:
        for command in FIRST_RUN:
            assert run_command(command, workplace) == 0, command
        (workplace / "mine.yaml").unlink()
        shutil.move(workplace / "runs" / "mine", out)

    made = made_once("docs/mine", make)
    shutil.rmtree(workplace / "runs" / "mine", ignore_errors=True)
    shutil.copytree(made, workplace / "runs" / "mine")


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=lambda page: page.stem)
def test_commands_of_a_page_run_one_after_the_other(
    page: Path, workplace: Path, request: pytest.FixtureRequest
) -> None:
    if set(FIRST_RUN) <= set(commands(page)):
        request.getfixturevalue("first_run")
    for command in commands(page):
        if command.split(" tests/")[0] not in IN_SCRIPTS:
            assert run_command(command, workplace) == 0, command


def run_command(command: str, workplace: Path) -> int:
    """Run one line of the documentation, made quick, and return its exit code."""
    line, _, output = command.partition(" > ")
    words = quick(shlex.split(line))
    if words[0] == "edgeft" and not output:
        return main(words[1:])
    if words[0] in ("edgeft", "torchrun"):
        words[0] = str(Path(sys.executable).with_name(words[0]))
    with Path(workplace / (output or "output.txt")).open("w", encoding="utf-8") as stdout:
        return subprocess.run(words, stdout=stdout, check=False).returncode


def quick(words: list[str]) -> list[str]:
    """The words of a command, with what makes it quick: one whole run a page is enough."""
    if "ablate" in words:
        return [
            *words,
            "--seeds=2",
            "--until=distill",
            *(f"--set={key}={value}" for key, value in WHOLE_RUN.items()),
        ]
    if "run" in words:
        again = words[0] == "torchrun" or words[2].startswith("examples/")
        settings = dict(TEACHER_ONLY if again else WHOLE_RUN)
        if "mine.yaml" in words:
            settings["finetune.folds"] = "2"
        if "examples/bbc-news.yaml" in words:
            settings["data.train"] = "data/train.csv"
        return words + [f"--set={key}={value}" for key, value in settings.items()]
    return words + next((QUICK[word] for word in QUICK if word in words), [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_named_in_a_sentence_exist(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for verb in sorted(set(re.findall(r"`edgeft ([a-z]+)", text))):
        assert main([verb, "--help"]) == 0, f"edgeft {verb}"


@pytest.mark.parametrize("page", GENERATED, ids=lambda page: page.stem)
def test_generated_parts_are_in_step(page: Path) -> None:
    cog = [sys.executable, "-m", "cogapp", "--check", "-I", "docs", str(page)]
    done = subprocess.run(cog, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "run scripts/docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "recipe.md"], ids=str)
def test_recipe_of_a_page_is_valid(page: Path, tmp_path: Path, registry: Registry) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(fenced(page, "yaml")[0], encoding="utf-8")
    check_recipe(file, registry)


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/tasks/*.md")), ids=lambda page: page.stem)
def test_recipes_of_a_task_are_valid(page: Path, tmp_path: Path, registry: Registry) -> None:
    file = tmp_path / "recipe.yaml"
    for text in fenced(page, "yaml"):
        file.write_text(text, encoding="utf-8")
        check_recipe(file, registry)
        recipe = load_recipe(file)
        task = registry.task(recipe.task)
        task.check_metric(recipe.gates.metric or task.metric)
        for step in recipe.steps:
            options = registry.options(step.kind, step.method, step.options)
            registry.step(step.kind, step.method).check_task(options, task)


@pytest.mark.parametrize(
    "example", sorted(ROOT.glob("examples/*.yaml")), ids=lambda path: path.stem
)
def test_example_is_valid(example: Path, registry: Registry) -> None:
    check_recipe(example, registry)


def check_recipe(file: Path, registry: Registry) -> None:
    for step in load_recipe(file).steps:
        registry.options(step.kind, step.method, step.options)


def test_embedding_snippets_run(
    workplace: Path, capsys: pytest.CaptureFixture[str], tiny_bundle: Bundle
) -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "getting-started.md"):
        snippet = next(code for code in fenced(page, "python") if "edgeft.runtime" in code)
        exec(compile(snippet, str(page), "exec"), {})
        said = capsys.readouterr().out
        assert any(label in said for label in tiny_bundle.labels)
