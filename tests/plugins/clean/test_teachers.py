"""A review may ask teachers, each about the part of the texts that it was not shown."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notes import Notes
from reviewed import HELD_OUT, TOPICS, clean_texts, dataset, decisions
from tiny_models import save_base

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import PluginError, TrainingError
from edgeft.registry import Registry
from edgeft.tasks.text_classification import TextClassification
from edgeft_clean import Review, ReviewOptions
from edgeft_clean.teachers import teacher_of
from edgeft_finetune import Probe

WRONG = [5, 47, 91]
LABELS = sorted(TOPICS)
PARTS = 2
QUICK = {"strength": 30.0, "label_names": "no"}


@pytest.fixture
def texts() -> list[tuple[str, str]]:
    found = clean_texts()
    for place in WRONG:
        text, label = found[place]
        found[place] = text, LABELS[(LABELS.index(label) + 1) % 3]
    return found


@pytest.fixture
def asked(tmp_path: Path, texts: list[tuple[str, str]], registry: Registry) -> Callable[..., Any]:
    """Review three wrong labels with a teacher; `find_step` may know another one."""
    base = tmp_path / "base"
    save_base("bert", base, [text for text, _ in texts])
    splits = {"train": texts, "validation": HELD_OUT}

    def run(find_step: Any = registry.usable_step, **options: Any) -> tuple[Dataset, list[str]]:
        notes = Notes()
        context = Context(
            out=tmp_path / "reviewed", task=TextClassification(), force=True, threads=1,
            progress=notes, find_step=find_step,
        )  # fmt: skip
        told = {"model": str(base), "checks": ["label"], "folds": PARTS, **options}
        data = dataset(tmp_path / "data", **splits)
        return Review(ReviewOptions(**told), context).run(data), notes.said

    return run


def test_wrong_labels_are_found_by_teachers_that_were_not_shown_them(
    asked: Any, texts: list[tuple[str, str]]
) -> None:
    found, notes = asked(teacher="probe", teacher_options=QUICK)
    rows = {int(row["row"]): row for row in decisions(found)}
    assert len(set(rows) & set(WRONG)) >= 2
    assert any(re.match(r"probe gives \d+\.\d% of the training texts", note) for note in notes)
    assert open_split(found, "train")["label"][:] == [label for _, label in texts]


@pytest.mark.parametrize(("told", "kept"), [({}, "last"), ({"weights": "best"}, "best")])
def test_a_teacher_keeps_its_last_weights_unless_it_is_told_otherwise(
    told: dict[str, Any], kept: str, registry: Registry, tmp_path: Path
) -> None:
    context = Context(out=tmp_path, task=TextClassification(), find_step=registry.usable_step)
    options = ReviewOptions(model="any", teacher="full", teacher_options=told)
    _, found = teacher_of(options, tmp_path, context)
    assert found.weights == kept


class Interrupted(Probe):
    """Is interrupted in one of its trainings."""

    trainings = 0
    breaks_at = 0

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        type(self).trainings += 1
        if self.trainings == self.breaks_at:
            raise TrainingError("somebody pulled the plug", hint="put it in again")
        return super().run(base, data)


def test_an_interrupted_review_loses_one_training(
    asked: Any, tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = asked(teacher="probe", teacher_options=QUICK)
    at_once = decisions(whole)

    def find(kind: str, name: str) -> Any:
        return Interrupted if name == "probe" else registry.usable_step(kind, name)

    monkeypatch.setattr(Interrupted, "trainings", 0)
    monkeypatch.setattr(Interrupted, "breaks_at", 2)
    with pytest.raises(TrainingError, match="pulled the plug"):
        asked(find, teacher="probe", teacher_options=QUICK)
    again, _ = asked(find, teacher="probe", teacher_options=QUICK)
    assert Interrupted.trainings == PARTS + 1
    assert decisions(again) == at_once
    assert not (tmp_path / ".reviewed.scratch").exists()


def test_what_is_wrong_with_a_teacher_is_said_before_a_text_is_read(
    asked: Any, tmp_path: Path
) -> None:
    with pytest.raises(PluginError, match="teacher full is trained from a pretrained model"):
        asked(teacher="full", model=None)
    with pytest.raises(PluginError, match="teacher_options: full: epochs: Input should be greater"):
        asked(teacher="full", teacher_options={"epochs": -1})
    with pytest.raises(PluginError, match="unknown finetuner 'ful'"):
        asked(teacher="ful")
    with pytest.raises(PluginError, match="embed does not work for text-classification"):
        asked(teacher="embed")
    with pytest.raises(ValueError, match="teacher_options are those of a teacher"):
        asked(teacher_options={"epochs": 3})
    assert not (tmp_path / "reviewed").exists()
