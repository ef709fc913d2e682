"""A tuning file counts where it was measured, and never stands in the way anywhere else."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Bundle
from edgeft.runtime import load
from edgeft.runtime.tuning import TUNING, bundle_print, machine, read_tuning

FLOAT_WITHOUT_ARENA = {"variant": "fp32", "session": {"arena": False}, "threads": 2}


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two threads, whatever this one has."""
    monkeypatch.setattr("edgeft.runtime.tuning.available_threads", lambda: 2)


def write(at: Path, **fields: Any) -> None:
    found = {
        "schema_version": 1,
        "bundle": bundle_print(at),
        "machine": machine(),
        **FLOAT_WITHOUT_ARENA,
    }
    (at / TUNING).write_text(json.dumps(found | fields))


def test_what_was_measured_here_is_used(own_bundle: Path) -> None:
    write(own_bundle)
    with load(own_bundle) as model:
        assert (model.variant, model.threads) == ("fp32", 2)
        options = model._open().get_session_options()
        assert options.enable_cpu_mem_arena is False
        assert options.intra_op_num_threads == 2
        assert model.selftest().passed
    Bundle.open(own_bundle).verify()


def test_explicit_arguments_win(own_bundle: Path) -> None:
    write(own_bundle)
    with load(own_bundle, threads=1) as model:
        assert (model.variant, model.threads) == ("fp32", 1)
    with load(own_bundle, variant="int8") as model:
        assert model.variant == "int8"
        assert model._open().get_session_options().intra_op_num_threads == 1
        assert model._open().get_session_options().enable_cpu_mem_arena is True


def test_tuning_can_be_left_out(own_bundle: Path) -> None:
    write(own_bundle)
    with load(own_bundle, tuning=False) as model:
        assert model.variant == "int8"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"machine": {"cpu": "Z80"}}, "it was measured elsewhere: cpu 'Z80'"),
        ({"machine": "mine"}, "it was measured elsewhere: cpu None"),
        ({"bundle": "0" * 64}, "it was measured on another bundle"),
        ({"schema_version": 2}, "it is of another schema"),
        ({"variant": "int2"}, "the bundle has no variant 'int2'"),
        ({"variant": ["fp32"]}, "the bundle has no variant ['fp32']"),
        ({"session": "fast"}, "'fast' are no session options"),
        ({"threads": "all"}, "'all' is no number of threads here"),
        ({"threads": 0}, "0 is no number of threads here"),
        ({"threads": True}, "True is no number of threads here"),
    ],
)
def test_a_tuning_file_that_does_not_fit_is_ignored_with_one_note(
    fields: dict[str, Any], why: str, own_bundle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(own_bundle, **fields)
    with caplog.at_level(logging.WARNING), load(own_bundle) as model:
        assert model.variant == "int8"
    (note,) = [each.getMessage() for each in caplog.records]
    assert note.startswith(f"{own_bundle / TUNING} is ignored: {why}")


@pytest.mark.parametrize("text", ["", "{", "[]", '"tuned"', "\x00\xff"])
def test_a_damaged_tuning_file_is_ignored_with_one_note(
    text: str, own_bundle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (own_bundle / TUNING).write_text(text, encoding="latin-1")
    with caplog.at_level(logging.WARNING), load(own_bundle) as model:
        assert model.variant == "int8"
    assert len(caplog.records) == 1


def test_session_options_that_make_no_sense_are_left_out(own_bundle: Path) -> None:
    write(own_bundle, session={"arena": "no", "disabled_optimizers": 3, "later": 1})
    with load(own_bundle) as model:
        tuned = read_tuning(own_bundle, model.manifest)
    assert tuned is not None
    assert tuned.session == {}
