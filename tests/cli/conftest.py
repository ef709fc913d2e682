"""What the tests of commands stand on: running one, and texts to run it on."""

import csv
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeft.cli import main

Row = tuple[str, str]


@dataclass(frozen=True)
class Result:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def last_two(self) -> list[str]:
        """The two lines that a failed command ends in."""
        return self.err.splitlines()[-2:]


@pytest.fixture
def edgeft(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run one command in this process."""

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def edgeft_process(tmp_path: Path) -> Callable[..., Result]:
    """Run one command in a process of its own, with `env` added to the environment."""

    def run(*arguments: object, env: dict[str, str] | None = None, prelude: str = "") -> Result:
        code = f"{prelude}\nimport sys\nfrom edgeft.cli import main\nsys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **(env or {})},
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write a csv file of rows below a header."""

    def write(
        name: str, rows: Iterable[Iterable[str]], header: Iterable[str] = ("text", "label")
    ) -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return write


@pytest.fixture
def train_csv(write_csv: Callable[..., Path], good_rows: Callable[[], list[Row]]) -> Path:
    """24 texts of two labels."""
    return write_csv("train.csv", good_rows())


@pytest.fixture
def good_rows() -> Callable[[], list[Row]]:
    """Make 24 distinct texts of two labels."""
    return make_rows


def make_rows() -> list[Row]:
    words = {"card": "my card with the chip", "cash": "the notes from the machine"}
    labels = sorted(words)
    names = [
        "alpha",
        "bravo",
        "carol",
        "delta",
        "eagle",
        "falcon",
        "garden",
        "hotel",
        "island",
        "jungle",
        "kettle",
        "lemon",
    ]
    return [
        (f"{words[labels[n % 2]]} {names[n % 9]} {names[(n * 5 + n // 9) % 9]}", labels[n % 2])
        for n in range(24)
    ]


@pytest.fixture
def write_recipe(tmp_path: Path, make_tiny_base: Callable[[str], Path]) -> Callable[..., Path]:
    """Write a recipe with a tiny base; keywords replace its lines."""

    def write(train: object, steps: str = "[{finetune: full}]", **lines: object) -> Path:
        found = {
            "base": make_tiny_base("bert"),
            "data": f"{{train: '{train}'}}",
            "steps": steps,
            **lines,
        }
        path = tmp_path / "recipe.yaml"
        path.write_text("".join(f"{key}: {value}\n" for key, value in found.items()))
        return path

    return write


@pytest.fixture
def snapshot() -> Callable[[Path], dict[str, bytes]]:
    """Read every file below a directory."""

    def read(root: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    return read


@pytest.fixture
def earlier(edgeft: Callable[..., Result], write_csv: Callable[..., Path], tmp_path: Path) -> Path:
    """An earlier command's good output, which no later failure may cost."""
    out = tmp_path / "out"
    good = write_csv("good.csv", make_rows())
    assert edgeft("augment", "delete", "--data", good, "--out", out).code == 0
    return out


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str, str], dict[str, str]]:
    """Put a plugin of two files, its module and its entry points, on a path of its own."""
    site = tmp_path / "site"

    def put(name: str, code: str) -> dict[str, str]:
        info = site / f"edgeft_{name}-1.2.dist-info"
        info.mkdir(parents=True)
        (site / f"edgeft_{name}.py").write_text(textwrap.dedent(code), encoding="utf-8")
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: edgeft-{name}\nVersion: 1.2\n"
        )
        (info / "entry_points.txt").write_text(f"[edgeft]\n{name} = edgeft_{name}\n")
        return {"PYTHONPATH": str(site)}

    return put


@pytest.fixture
def mails(write_csv):
    """A file whose columns are called otherwise than text and label."""
    rows = [
        (
            str(n),
            f"{'where is my order, please' if n % 2 else 'thank you'} {n}",
            "ask" if n % 2 else "no",
        )
        for n in range(40)
    ]
    return write_csv("mails.csv", rows, header=("id", "body", "topic"))
