"""Exceptions and the lines they end in."""

import errno
import json
import pickle
import signal
import subprocess
import sys
import traceback

import pytest
import typer

from edgeft.cli.app import main
from edgeft.cli.failures import Failure, Terminated, ending_on_sigterm, explained
from edgeft.errors import DataError


def test_an_error_of_edgeft_says_its_message_and_hint():
    assert explained(DataError("no file at x", hint="check it")) == Failure(
        "no file at x", "check it"
    )


def test_an_error_in_a_script_shows_its_hint_once_in_the_traceback():
    error = pickle.loads(pickle.dumps(DataError("no file at x", hint="check it")))
    shown = traceback.format_exception(error)

    assert shown[-2:] == ["edgeft.errors.DataError: no file at x\n", "hint: check it\n"]
    assert traceback.format_exception(DataError("no file at x")) == [shown[-2]]


def test_budgets_that_no_student_can_meet_end_in_a_table_of_the_nearest(tmp_path, capsys):
    sizes = {"num_hidden_layers": 6, "hidden_size": 384, "intermediate_size": 1536}
    (tmp_path / "config.json").write_text(json.dumps(sizes))
    (tmp_path / "model.safetensors").touch()
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"base: {tmp_path}\ndata: {{train: x.csv}}\ngates: {{max_size_mb: 0.01}}\n"
        "steps: [finetune: full, distill: auto]\n"
    )
    assert main(["plan", str(recipe), "--out", str(tmp_path / "run")]) == 1
    error, header, *rows, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: no student can meet the budgets: static is the smallest")
    assert header.split() == ["student", "what", "outcome"]
    assert [row.split()[0] for row in rows] == [
        "static",
        "static-width-256",
        "layers-1",
        "layers-2-neurons-768",
        "layers-2",
    ]
    assert rows[2].endswith("1.77 million weights, 8 bits each: 0.01 MB are allowed")
    assert hint.startswith("hint: raise gates.max_size_mb")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interrupt_ends_with_130(error):
    assert explained(error, "distill") == Failure(
        "edgeft distill was interrupted", "the same command goes on from what was finished", 130
    )


def test_what_does_not_go_on_says_what_is_left():
    assert explained(Terminated(), "bench") == Failure(
        "edgeft bench was ended by SIGTERM",
        "run it again: what stood there before is kept, and nothing half-written is left",
        143,
    )


def test_ctrl_c_that_a_library_made_an_error_of_its_own_of_is_still_ctrl_c() -> None:
    try:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as stopped:
            raise RuntimeError("cannot import a name") from stopped
    except RuntimeError as error:
        found = explained(error, "run")
    assert found is not None
    assert (found.message, found.code) == ("edgeft run was interrupted", 130)


def test_sigterm_is_raised_inside_the_block_alone():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), ending_on_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_missing_package_of_the_train_extra_is_named():
    error = ModuleNotFoundError("No module named 'torch'", name="torch")
    assert explained(error) == Failure("this needs torch", "pip install 'edgeft[train]'")
    error = ModuleNotFoundError("No module named 'openai'", name="openai")
    assert explained(error) == Failure("this needs openai", "pip install 'edgeft[generate]'")


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
