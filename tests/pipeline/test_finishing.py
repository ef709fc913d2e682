"""What is told of a step that has made something."""

from dataclasses import replace
from typing import Any

import pytest
from notes import Notes

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.pipeline.finishing import nothing_learnt, tell
from edgeft.registry import Registry

NOTHING = {"accuracy": 0.1, "macro_f1": 0.05}


def saying(made: Checkpoint, validation: Any) -> Checkpoint:
    """The checkpoint, had its step said this of the validation texts."""
    manifest = made.manifest.model_copy(deep=True)
    manifest.history[-1].figures["validation"] = validation
    return Checkpoint(made.path, manifest)


def test_it_is_told_by_what_the_step_says_of_validation_texts(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context, registry: Registry
) -> None:
    assert nothing_learnt(tiny_checkpoint, tiny_dataset, context, registry) == ""
    found = nothing_learnt(saying(tiny_checkpoint, NOTHING), tiny_dataset, context, registry)
    assert found == "accuracy 0.1000 is no more than one answer to every text gets"


@pytest.mark.parametrize("validation", [None, 0.1, [0.1], {}, {"accuracy": 0.1}, {"loss": 9.0}])
def test_figures_of_another_form_tell_nothing(
    validation: Any,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
    registry: Registry,
) -> None:
    made = saying(tiny_checkpoint, validation)
    assert nothing_learnt(made, tiny_dataset, context, registry) == ""


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"epochs": 1, "learning_rate": 1e-9}, "train for more epochs or with another learning_"),
        ({"epochs": 1}, "take another base"),  # as those of `auto`, whose choice may read them not
    ],
)
def test_only_options_that_a_step_has_are_advised(
    options: dict[str, Any],
    remedy: str,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    context: Context,
    registry: Registry,
) -> None:
    notes = Notes()
    made = saying(tiny_checkpoint, NOTHING)
    made.manifest.history[-1].options = options
    tell(made, tiny_dataset, replace(context, progress=notes), registry)
    assert len(notes.said) == 1
    assert f", or {remedy}" in notes.said[0]


def test_figures_of_old_texts_too_tell_nothing_of_new_ones(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context, registry: Registry
) -> None:
    notes = Notes()
    made = saying(tiny_checkpoint, NOTHING)
    assert (made.manifest.history[-1].kind, made.manifest.history[-1].method) == (
        "finetune",
        "full",
    )
    made.manifest.history[-1].options = {"learning_rate": 1e-9, "old_data": "runs/old/data"}
    tell(made, tiny_dataset, replace(context, progress=notes), registry)
    assert notes.said == []
