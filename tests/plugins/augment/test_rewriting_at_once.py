"""Several programs rewrite at once, and nothing is written, or lost, otherwise than by one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import OutputError
from edgeft.tasks.text_classification import TextClassification
from edgeft_augment import Rewrite, rewriting
from edgeft_augment.options import RewriteOptions

LINES = 6
TEXTS = 30
START = """
import os, sys, time
from pathlib import Path

folder = Path(sys.argv[1])
lines = sys.stdin.read().splitlines()
number = int(lines[0].split()[-1])

def wait(what):
    end = time.monotonic() + 60
    while not what():
        if time.monotonic() > end:
            sys.exit("nobody came")
        time.sleep(0.01)

def written():
    return (folder / "log").read_text() if (folder / "log").exists() else ""
"""
END = """
with (folder / "log").open("a") as log:
    log.write("".join(f"{line}\\n" for line in lines))
for line in lines:
    print(line.upper())
"""
BY_ITSELF = """
import sys
from pathlib import Path
from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.tasks.text_classification import TextClassification
from edgeft_augment import Rewrite, rewriting
from edgeft_augment.options import RewriteOptions

data, out, cache, *command = sys.argv[1:]
rewriting.LINES = 6
context = Context(out=Path(out), task=TextClassification(), threads=2, cache=Path(cache))
Rewrite(RewriteOptions(commands=[command]), context).run(Dataset.open(data))
"""


class Rewriting:
    """Texts that end with their numbers, and a program that rewrites them."""

    def __init__(self, folder: Path, make_data: Any) -> None:
        self.folder = folder
        self.make_data = make_data
        self.seen = folder / "seen"
        self.seen.mkdir()

    def data(self, numbers: Iterable[int] = range(TEXTS)) -> Dataset:
        rows = [
            {"id": place, "text": f"where is card {number}", "label": "card", "parent": None}
            for place, number in enumerate(numbers)
        ]
        found: Dataset = self.make_data(["card"], train=rows)
        return found

    def program(self, middle: str) -> list[str]:
        script = self.folder / "script.py"
        script.write_text(START + middle + END)
        return [sys.executable, str(script), str(self.seen)]

    def run(self, data: Dataset, program: list[str], threads: int) -> list[tuple[int, str]]:
        """The parent and the text of each copy."""
        context = Context(
            out=self.folder / "out",
            task=TextClassification(),
            threads=threads,
            force=True,
            cache=self.folder / "cache",
        )
        made = Rewrite(RewriteOptions(commands=[program]), context).run(data)
        rows = open_split(made, "train")
        return [(row["parent"], row["text"]) for row in rows if row["parent"] is not None]

    def written(self) -> list[int]:
        """The numbers of the texts that the program wrote, sorted."""
        lines = (self.seen / "log").read_text().splitlines()
        return sorted(int(line.split()[-1]) for line in lines)


@pytest.fixture
def rewriting_of(tmp_path: Path, make_data: Any, monkeypatch: pytest.MonkeyPatch) -> Rewriting:
    monkeypatch.setattr(rewriting, "LINES", LINES)
    return Rewriting(tmp_path, make_data)


@pytest.mark.parametrize("threads", [1, 3])
def test_as_many_programs_as_threads_run_at_once(rewriting_of: Rewriting, threads: int) -> None:
    program = rewriting_of.program(f"""
(folder / f"started-{{number}}").touch()
(folder / f"runs-{{number}}").touch()
wait(lambda: len(list(folder.glob("started-*"))) >= {threads})
time.sleep(0.1)
if len(list(folder.glob("runs-*"))) > {threads}:
    sys.exit("too many")
(folder / f"runs-{{number}}").unlink()
""")
    found = rewriting_of.run(rewriting_of.data(), program, threads)
    assert found == [(number, f"WHERE IS CARD {number}") for number in range(TEXTS)]


def test_copies_stand_in_the_order_of_their_texts_whoever_is_done_first(
    rewriting_of: Rewriting,
) -> None:
    program = rewriting_of.program("""
if number == 0:
    wait(lambda: "card 6" in written())
""")
    found = rewriting_of.run(rewriting_of.data(), program, 2)
    assert found == [(number, f"WHERE IS CARD {number}") for number in range(TEXTS)]


def test_a_text_that_stands_there_again_is_not_written_again(rewriting_of: Rewriting) -> None:
    program = rewriting_of.program("""
(folder / f"started-{number}").touch()
if number == 0:
    wait((folder / "started-6").exists)  # whose texts go on with 0
""")
    data = rewriting_of.data(number % 10 for number in range(TEXTS))
    found = rewriting_of.run(data, program, 2)
    assert [text for _, text in found] == [f"WHERE IS CARD {n % 10}" for n in range(TEXTS)]
    assert rewriting_of.written() == list(range(10))


def test_what_others_wrote_is_kept_where_a_program_fails(rewriting_of: Rewriting) -> None:
    program = rewriting_of.program("""
if number == 6 and not (folder / "mended").exists():
    wait(lambda: "card 12" in written())
    sys.exit("out of paper")
""")
    data = rewriting_of.data()
    with pytest.raises(OutputError, match="ended with 1: out of paper"):
        rewriting_of.run(data, program, 2)
    assert not (rewriting_of.folder / "out").exists()
    (rewriting_of.seen / "mended").touch()
    assert len(rewriting_of.run(data, program, 2)) == TEXTS
    assert rewriting_of.written() == list(range(TEXTS))


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
def test_an_interruption_loses_nothing_that_was_written(rewriting_of: Rewriting) -> None:
    program = rewriting_of.program("""
if number >= 12 and not (folder / "mended").exists():
    (folder / f"waits-{number}").touch()
    time.sleep(600)
""")
    data, folder = rewriting_of.data(), rewriting_of.folder
    command = [sys.executable, "-c", BY_ITSELF, data.path, folder / "out", folder / "cache"]
    running = subprocess.Popen(
        [*command, *program],
        stderr=subprocess.PIPE,
        start_new_session=True,
        # a shell lets its background jobs ignore Ctrl-C, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        while len(list(rewriting_of.seen.glob("waits-*"))) < 2:
            assert running.poll() is None
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to all of them
        _, said = running.communicate(timeout=60)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
    assert b"KeyboardInterrupt" in said
    assert not (folder / "out").exists()
    assert not list(rewriting_of.seen.glob("waits-24"))  # what had not begun does not begin
    assert rewriting_of.written() == list(range(2 * LINES))
    (rewriting_of.seen / "mended").touch()
    assert len(rewriting_of.run(data, program, 2)) == TEXTS
    assert rewriting_of.written() == list(range(TEXTS))
