"""A training that was interrupted goes on from its last checkpoint."""

from dataclasses import replace
from pathlib import Path

import pytest
from trainings import EPOCH, Interrupted, Recorder, counting, equal, run, weights

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.training import saving
from edgeft.training.resuming import remembered


def test_interrupted_training_goes_on_and_ends_as_if_nothing_had_happened(
    tiny_base: Path, tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    whole = run(tiny_base, tiny_dataset, context.at(tmp_path / "whole"))
    with pytest.raises(Interrupted):
        run(tiny_base, tiny_dataset, context, loss=counting([], stop_at=2 * EPOCH + 5))
    calls: list[int] = []

    resumed = run(tiny_base, tiny_dataset, context, loss=counting(calls))

    assert len(calls) == EPOCH
    assert [entry["epoch"] for entry in resumed.log] == [1, 2, 3]
    assert resumed.log == whole.log
    assert equal(weights(resumed.model), weights(whole.model))


@pytest.mark.parametrize("stop_at", [5, EPOCH + 5])
def test_a_long_epoch_is_saved_in_its_midst(
    stop_at: int,
    tiny_base: Path,
    tiny_dataset: Dataset,
    context: Context,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = run(tiny_base, tiny_dataset, context.at(tmp_path / "whole"))
    monkeypatch.setattr(saving, "EVERY", 0.0)
    with pytest.raises(Interrupted):
        run(tiny_base, tiny_dataset, context, loss=counting([], stop_at=stop_at))
    recorder, calls = Recorder(), list[int]()

    resumed = run(
        tiny_base, tiny_dataset, replace(context, progress=recorder), loss=counting(calls)
    )

    assert len(calls) == 3 * EPOCH - (stop_at - 1)
    done = round((stop_at - 1) / EPOCH, 2)
    assert recorder.notes == [f"{context.out.name}: goes on after epoch {done:g} of 3"]
    assert recorder.done == 8 * len(calls)
    assert resumed.log == whole.log
    assert equal(weights(resumed.model), weights(whole.model))


def test_short_epochs_are_saved_at_their_end_alone(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    with pytest.raises(Interrupted):
        run(tiny_base, tiny_dataset, context, loss=counting([], stop_at=EPOCH + 5))

    assert [each.name for each in context.scratch.glob("checkpoint-*")] == [f"checkpoint-{EPOCH}"]


@pytest.mark.parametrize(
    ("stop_at", "said"),
    [
        (2 * EPOCH + 5, ["made: goes on after epoch 2 of 3"]),
        (5, ["made: starts again, nothing of it was saved yet"]),
    ],
)
def test_a_training_that_was_stopped_says_where_it_goes_on(
    stop_at: int, said: list[str], tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    recorder = Recorder()
    context = replace(context, out=context.out.with_name("made"), progress=recorder)
    with pytest.raises(Interrupted):
        run(tiny_base, tiny_dataset, context, loss=counting([], stop_at=stop_at))
    assert recorder.notes == []

    recorder.titles.clear()
    run(tiny_base, tiny_dataset, context)

    assert recorder.notes == said
    epochs = 1 if stop_at > 2 * EPOCH else 3  # that are left
    texts = epochs * len(open_split(tiny_dataset, "train"))
    assert recorder.titles[-1] == f"training of {texts}"
    assert recorder.done == texts


def test_what_another_step_left_behind_is_not_resumed(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    with pytest.raises(Interrupted):
        run(tiny_base, tiny_dataset, context, loss=counting([], stop_at=EPOCH + 1))
    calls: list[int] = []

    run(
        tiny_base,
        tiny_dataset,
        replace(context, fingerprint="another"),
        loss=counting(calls),
        epochs=2,
    )

    assert len(calls) == 2 * EPOCH


def test_checkpoint_that_was_being_written_is_passed_over(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    with pytest.raises(Interrupted):
        run(tiny_base, tiny_dataset, context, loss=counting([], stop_at=2 * EPOCH + 1))
    (context.scratch / f"checkpoint-{2 * EPOCH}" / "trainer_state.json").write_text('{"epo')
    calls: list[int] = []

    run(tiny_base, tiny_dataset, context, loss=counting(calls))

    assert len(calls) in (2 * EPOCH, 3 * EPOCH)  # from epoch 1, if that was the best until then


def test_what_was_found_is_remembered_by_one_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter(range(9))

    def find() -> int:
        return next(found)

    file = tmp_path / "found.json"
    assert [remembered(file, find), remembered(file, find)] == [0, 0]
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert [remembered(file, find), remembered(file, find)] == [1, 2]
