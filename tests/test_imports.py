"""Who may import whom: light doors, downward imports, plugins without favours."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from edgeft.registry import load_plugins

ROOT = Path(__file__).parents[1]
HEAVY = {
    "accelerate", "datasets", "huggingface_hub", "matplotlib", "numpy", "onnx", "onnxruntime",
    "onnxscript", "openai", "opacus", "peft", "py3langid", "scipy", "sklearn", "tokenizers",
    "torch", "transformers",
}  # fmt: skip
ON_DEVICES = {"edgeft", "numpy", "onnxruntime", "tokenizers"}
PUBLIC = {
    "edgeft.architectures", "edgeft.data", "edgeft.distillation", "edgeft.evaluation",
    "edgeft.gates", "edgeft.graphs", "edgeft.intervals", "edgeft.plugin", "edgeft.probing",
    "edgeft.processes", "edgeft.progress", "edgeft.quantization", "edgeft.runtime",
    "edgeft.surgery", "edgeft.tasks", "edgeft.training",
}  # fmt: skip
DOORS = [entry.value for entry in distribution("edgeft").entry_points if entry.group == "edgeft"]
PLUGINS = sorted([*ROOT.glob("plugins/*/**/*.py"), *ROOT.glob("exporters/*/**/*.py")])
LIBRARY = sorted(ROOT.glob("edgeft/**/*.py"))
OF_ANY_TASK = [
    "plugins/edgeft_distill", "plugins/edgeft_finetune", "plugins/edgeft_prompt",
    "plugins/edgeft_prune", "plugins/edgeft_quantize", "plugins/edgeft_static",
    "plugins/edgeft_unlabelled", "exporters", "edgeft/runtime", "edgeft/cli",
]  # fmt: skip
"""rooms that ask a task what they must know of it, so that a stranger's is as good as ours"""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(node: ast.AST, *, inside_functions: bool) -> Iterator[str]:
    """Yield every module that a piece of code imports, those for type checkers left out."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    elif inside_functions or not isinstance(node, ast.FunctionDef):
        for child in ast.iter_child_nodes(node):
            yield from imported(child, inside_functions=inside_functions)


def imports_of(path: Path, *, inside_functions: bool) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return set(imported(tree, inside_functions=inside_functions))


def room(module: str) -> str:
    """The top-level module of edgeft that a module belongs to: edgeft.data.rows -> edgeft.data."""
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize(
    "module",
    [
        "edgeft", "edgeft.cli", "edgeft.plugin", "edgeft.recipe", "edgeft.registry",
        "edgeft.report.card", "edgeft.report.html", *DOORS,
    ],
)  # fmt: skip
def test_door_is_light(module: str) -> None:
    program = f"import sys, {module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_every_plugin_on_the_shelves_has_a_door_that_is_registered() -> None:
    shelves = {path.parent.name for path in ROOT.glob("plugins/*/__init__.py")}
    shelves |= {path.parent.name for path in ROOT.glob("exporters/*/__init__.py")}
    tasks = {f"edgeft.tasks.{path.parent.name}" for path in ROOT.glob("edgeft/tasks/*/__init__.py")}
    assert shelves | tasks == set(DOORS)


@pytest.mark.parametrize("path", PLUGINS, ids=module_name)
def test_built_in_plugin_imports_only_what_a_stranger_may(path: Path) -> None:
    own = module_name(path).split(".")[1]
    of_ours = {
        module
        for module in imports_of(path, inside_functions=True)
        if module.split(".")[0].startswith("edgeft") and module.split(".")[0] != own
    }
    assert {module for module in of_ours if room(module) not in PUBLIC} == set()


def test_runtime_imports_only_what_a_device_has() -> None:
    for path in ROOT.glob("edgeft/runtime/**/*.py"):
        for module in imports_of(path, inside_functions=True):
            top = module.split(".")[0]
            assert top in ON_DEVICES | set(sys.stdlib_module_names), f"{path} imports {module}"
            if top == "edgeft":
                allowed = {"edgeft.errors", "edgeft.runtime", "edgeft.__version__"}
                assert room(module) in allowed, f"{path} imports {module}"


@pytest.mark.parametrize("place", OF_ANY_TASK)
def test_what_works_for_any_task_names_none_and_opens_no_tasks_room(place: str) -> None:
    names = set(load_plugins().tasks)
    rooms = {f"edgeft.tasks.{path.parent.name}" for path in ROOT.glob("edgeft/tasks/*/__init__.py")}
    assert names and rooms
    if place == "edgeft/cli":
        names.remove("text-classification")  # what a command takes where nobody names a task
    paths = sorted((ROOT / place).rglob("*.py"))
    assert paths
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert not names & said, f"{path} names {names & said}"
        opened = {".".join(each.split(".")[:3]) for each in imports_of(path, inside_functions=True)}
        assert not rooms & opened, f"{path} imports {rooms & opened}"


def test_only_the_entry_point_imports_the_command_line() -> None:
    importers = {
        room(module_name(path))
        for path in [*LIBRARY, *PLUGINS]
        if any(room(each) == "edgeft.cli" for each in imports_of(path, inside_functions=True))
    }
    assert importers <= {"edgeft.cli", "edgeft.__main__"}


def test_rooms_do_not_import_each_other_in_circles() -> None:
    graph: dict[str, set[str]] = {}
    rooms = {room(module_name(path)) for path in LIBRARY} - {"edgeft"}
    for path in LIBRARY:
        here = room(module_name(path))
        used = {room(each) for each in imports_of(path, inside_functions=False)}
        graph.setdefault(here, set()).update((used & rooms) - {here})
    while leaves := {name for name, used in graph.items() if not used & set(graph)}:
        for name in leaves:
            del graph[name]
    circle = {name: sorted(used & set(graph)) for name, used in graph.items()}
    assert circle == {}
