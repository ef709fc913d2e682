"""Exceptions and the lines they end in."""

import errno
import subprocess
import sys

import pytest
import typer

from edgeft.cli.failures import Failure, explained
from edgeft.errors import DataError


def test_an_error_of_edgeft_says_its_message_and_hint():
    assert explained(DataError("no file at x", hint="check it")) == Failure(
        "no file at x", "check it"
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interrupt_ends_with_130(error):
    failure = explained(error)
    assert failure is not None
    assert failure.code == 130


def test_a_missing_package_of_the_train_extra_is_named():
    error = ModuleNotFoundError("No module named 'torch'", name="torch")
    assert explained(error) == Failure("this needs torch", "pip install 'edgeft[train]'")


def test_a_missing_package_of_nobody_is_a_bug():
    assert explained(ModuleNotFoundError("No module named 'x'", name="x")) is None


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_recognised_whoever_says_it(error):
    wrapped = RuntimeError("while generating the dataset")
    wrapped.__cause__ = error
    assert explained(wrapped) == Failure("the disk is full", "free some space, then run again")


def test_a_bug_keeps_its_traceback(edgeft, monkeypatch):
    def broken():
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("edgeft.registry.load_plugins", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        edgeft("plugins")


def test_a_closed_pipe_is_no_error():
    writer = subprocess.Popen(
        [sys.executable, "-m", "edgeft", "show", "recipe"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    writer.stdout.close()
    _, err = writer.communicate()
    assert (writer.returncode, err) == (0, "")


def test_verbose_shows_where_an_error_was_raised(edgeft, tmp_path):
    shown = edgeft("-v", "run", tmp_path / "none.yaml", "--out", tmp_path / "run")

    assert "Traceback" in shown.err
    assert shown.last_two == [
        f"error: no recipe at {tmp_path / 'none.yaml'}",
        "hint: make one: edgeft init",
    ]
