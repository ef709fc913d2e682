"""A run's directory is one run's at a time."""

from pathlib import Path

import pytest

from edgeft.errors import OutputError
from edgeft.pipeline.claiming import LOCK, MARK, claimed, claimed_by_step, refuse_foreign
from edgeft.recipe import parse_recipe

GIVEN = {"base": "b", "data": {"train": "texts.csv"}, "steps": [{"finetune": "full"}]}
RECIPE = parse_recipe(GIVEN)


def test_a_directory_is_one_runs_at_a_time_and_free_behind_it(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with claimed(out, RECIPE):
        with pytest.raises(OutputError) as caught, claimed(out, RECIPE):
            pass
        assert caught.value.message == f"another run is at work in {out}"
        with claimed(tmp_path / "other", RECIPE):
            pass
    with pytest.raises(ZeroDivisionError), claimed(out, RECIPE):
        raise ZeroDivisionError
    with claimed(out, RECIPE):
        pass
    refuse_foreign(out, force=False)


def test_a_step_works_alone_on_what_it_writes_and_leaves_no_lock(tmp_path: Path) -> None:
    out = tmp_path / "models" / "small"
    with claimed_by_step(out):
        with pytest.raises(OutputError) as caught, claimed_by_step(out):
            pass
        assert caught.value.message == f"another step is at work on {out}"
        with claimed_by_step(tmp_path / "models" / "other"):
            pass
    with pytest.raises(ZeroDivisionError), claimed_by_step(out):
        raise ZeroDivisionError
    assert not any(out.parent.iterdir())


def test_a_lock_of_a_process_that_is_gone_is_none(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("12345")
    with claimed(tmp_path, RECIPE):
        pass


def test_a_lock_alone_is_no_foreign_directory(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    refuse_foreign(tmp_path, force=False)


def test_a_file_system_without_locks_is_worked_on_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*arguments: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with claimed(tmp_path, RECIPE):
        assert (tmp_path / MARK).is_file()


@pytest.mark.parametrize("run", [True, False])
def test_a_bundle_takes_the_place_of_none_but_a_bundle(tmp_path: Path, run: bool) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "app.js").touch()
    if run:
        (tmp_path / MARK).touch()
    with pytest.raises(OutputError, match="bundle exists already, and edgeft did not make it"):
        refuse_foreign(tmp_path, force=True)
    (tmp_path / "bundle" / "edgeft.json").touch()
    refuse_foreign(tmp_path, force=True)
