"""Programs that read and write lines make copies: real processes, kept answers, clear errors."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import EdgeftError
from edgeft.tasks.text_classification import TextClassification
from edgeft_augment import Rewrite
from edgeft_augment.options import RewriteOptions

UPPER = [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read().upper())"]
REVERSED = [
    sys.executable,
    "-c",
    "import sys\nfor line in sys.stdin: print(' '.join(reversed(line.split())))",
]
LOGGED = "import sys\nopen({log!r}, 'a').write('x')\nsys.stdout.write(sys.stdin.read())"


@pytest.fixture
def rewritten(tiny_dataset: Dataset, tmp_path: Path) -> Any:
    def run(*commands: list[str], cache: Path | None = None, **options: Any) -> Dataset:
        context = Context(out=tmp_path / "out", task=TextClassification(), cache=cache, force=True)
        chosen = RewriteOptions(commands=list(commands), **options)
        return Rewrite(chosen, context).run(tiny_dataset)

    return run


def copies(data: Dataset) -> list[dict[str, Any]]:
    return [row for row in open_split(data, "train") if row["parent"] is not None]


def test_each_program_is_given_what_the_one_before_wrote(rewritten, tiny_dataset) -> None:
    found = copies(rewritten(REVERSED, UPPER))
    originals = {row["id"]: row for row in open_split(tiny_dataset, "train")}
    assert len(found) == len(originals)
    for copy in found:
        parent = originals[copy["parent"]]
        assert copy["text"] == " ".join(reversed(parent["text"].split())).upper()
        assert copy["label"] == parent["label"]


def test_a_text_that_comes_back_as_it_was_is_no_copy(rewritten) -> None:
    assert copies(rewritten(REVERSED, REVERSED)) == []


def test_what_was_written_is_kept(rewritten, tmp_path) -> None:
    log = tmp_path / "log"
    program = [sys.executable, "-c", LOGGED.format(log=str(log))]
    first = copies(rewritten(program, UPPER, cache=tmp_path / "cache"))
    runs = len(log.read_text())
    assert copies(rewritten(program, UPPER, cache=tmp_path / "cache")) == first
    assert len(log.read_text()) == runs >= 1


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (["no-such-program-here"], "there is no program no-such-program-here"),
        ([sys.executable, "-c", "raise SystemExit('out of paper')"], "ended with 1: out of paper"),
        ([sys.executable, "-c", "print('one line')"], "was given 96 lines and wrote 1"),
        (["iconv", "-f", "UTF-8", "-t", "UTF-16"], "wrote what is no UTF-8 for '"),
        (["sh", "-c", r"yes | head -n 999; printf '\377'"], "wrote what is no UTF-8 for '"),
    ],
)
def test_a_program_that_cannot_be_used_is_named(program, message, rewritten, tmp_path) -> None:
    with pytest.raises(EdgeftError, match=message):
        rewritten(program)
    assert not (tmp_path / "out").exists()


def test_an_argument_may_be_longer_than_the_name_of_a_file(rewritten) -> None:
    program = [*UPPER[:2], f"{UPPER[2]}  # {'x' * 5_000}"]
    assert copies(rewritten(program)) == copies(rewritten(UPPER))


def test_a_program_that_waits_is_ended_and_named(rewritten, tmp_path) -> None:
    program = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(EdgeftError, match=r"sleep\(60\) did not end within 0\.5 seconds") as caught:
        rewritten(UPPER, program, timeout=0.5)
    assert "raise `timeout`" in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_no_program_at_all_is_an_error(rewritten) -> None:
    with pytest.raises(EdgeftError, match="names no program"):
        rewritten()


@pytest.mark.skipif(not shutil.which("apertium"), reason="needs apertium with its pair eng-spa")
def test_apertium_translates_there_and_back(rewritten) -> None:
    found = copies(rewritten(["apertium", "eng-spa"], ["apertium", "spa-eng"]))
    assert len(found) > 10
    assert any("card" in copy["text"].lower() for copy in found)
