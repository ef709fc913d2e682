"""`finetune: auto`: which finetuner is taken, and what is tried for it."""

from pathlib import Path
from typing import Any

import pytest
from notes import Notes
from trainings import figures

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.errors import ModelError, PluginError, TrainingError
from edgeft.evaluation import evaluate
from edgeft_finetune import Full
from edgeft_finetune.choosing import finetuner
from edgeft_finetune.options import AutoOptions


def test_auto_takes_what_does_best_on_unseen_folds(finetuned, topics, context) -> None:
    checkpoint = finetuned("auto", among=["probe", "full"], epochs=0.1)
    tried = figures(checkpoint)["tried"]
    assert set(tried) == {"probe", "full"}
    assert len(tried["probe"]["folds"]) == 3
    assert figures(checkpoint)["chosen"] == "probe"
    assert tried["probe"]["mean"] >= tried["full"]["mean"]  # of equals the first
    found = evaluate(checkpoint, topics, "validation", task=context.task, threads=1)
    assert found.scores.metrics["accuracy"] >= 0.9
    assert not context.scratch.exists()


@pytest.mark.parametrize("method", ["probe", "contrastive"])
def test_auto_hands_descriptions_to_those_that_read_them(method, registry, context) -> None:
    told = {"strength": 2.0, "label_names": "yes", "descriptions": {"food": "bread and butter"}}
    circumstances = context.at(context.out, find_step=registry.usable_step)
    made = finetuner(method, 12, AutoOptions(**told), circumstances)
    assert made.options.model_dump(include=set(told)) == told


def test_auto_takes_names_of_labels_as_it_is_told(finetuned) -> None:
    for told, taken in [("yes", True), ("no", False)]:
        made = figures(finetuned("auto", among=["probe"], label_names=told))
        assert made["label_names"] is taken


def test_auto_says_where_descriptions_are_not_read(base, topics, registry, context) -> None:
    notes = Notes()
    circumstances = context.at(context.out, find_step=registry.usable_step, progress=notes)
    called = {"food": "bread and butter"}
    options = {"among": ["full"], "epochs": 0.1, "descriptions": called}
    step = registry.step("finetune", "auto")
    step(registry.options("finetune", "auto", options), circumstances).run(base, topics)
    assert "full reads no descriptions of labels: it is trained without" in notes.said


def test_a_description_of_no_label_is_said_before_anything_is_tried(finetuned) -> None:
    with pytest.raises(ModelError, match="descriptions names 'drink', which is not among"):
        finetuned("auto", among=["probe", "full"], descriptions={"drink": "beer"})


def test_what_is_hopeless_on_the_first_fold_gets_no_second(finetuned) -> None:
    found = figures(finetuned("auto", epochs=0.1, among=["probe", "prompt", "full"]))
    assert {method: len(each["folds"]) for method, each in found["tried"].items()} == {
        "probe": 3,
        "prompt": 1,
        "full": 3,
    }
    assert found["chosen"] == "probe"


def test_where_one_method_is_left_no_further_fold_is_trained(
    base, topics, registry, context
) -> None:
    notes = Notes()
    circumstances = context.at(context.out, find_step=registry.usable_step, progress=notes)
    options = registry.options("finetune", "auto", {"among": ["prompt", "probe"], "epochs": 0.1})
    checkpoint = registry.step("finetune", "auto")(options, circumstances).run(base, topics)
    tried = figures(checkpoint)["tried"]
    assert {method: len(each["folds"]) for method, each in tried.items()} == {
        "prompt": 1,
        "probe": 1,
    }
    assert figures(checkpoint)["chosen"] == "probe"
    distance = tried["probe"]["mean"] - tried["prompt"]["mean"]
    assert notes.said[:4] == [
        "trying prompt, fold 1 of 3",
        "trying probe, fold 1 of 3",
        f"prompt lies {distance:.4f} behind probe on the first fold: its others are left out",
        "only probe is left: its other folds are left out",
    ]


class Forgetful(Full):
    """Starts from a random head, and hardly moves it."""

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        self.options = self.options.model_copy(update={"head": "random", "learning_rate": 1e-9})
        return super().run(base, data)


@pytest.mark.parametrize(
    ("among", "trained"), [(["probe", "full", "lora"], False), (["probe", "lora", "full"], True)]
)
def test_lora_is_left_out_where_full_was_far_behind_before_it(
    among, trained, base, topics, registry, context
) -> None:
    def find(kind: str, name: str) -> Any:
        return Forgetful if name == "full" else registry.usable_step(kind, name)

    notes = Notes()
    circumstances = context.at(context.out, find_step=find, progress=notes)
    options = registry.options("finetune", "auto", {"among": among, "epochs": 0.1})
    checkpoint = registry.step("finetune", "auto")(options, circumstances).run(base, topics)
    tried = figures(checkpoint)["tried"]
    assert len(tried["full"]["folds"]) == 1
    assert ("trying lora, fold 1 of 3" in notes.said) is trained
    if not trained:
        distance = tried["probe"]["mean"] - tried["full"]["mean"]
        reason = "it trains as full does, under a constraint, and full lies"
        reason = f"{reason} {distance:.4f} behind probe"
        assert tried["lora"] == {"problem": f"left out: {reason}"}
        assert f"lora is left out: {reason}" in notes.said
    else:
        assert tried["lora"]["folds"]


def test_auto_trains_the_whole_encoder_where_there_are_many_texts(finetuned) -> None:
    checkpoint = finetuned("auto", most=50, epochs=1)
    assert figures(checkpoint)["chosen"] == "full"
    assert figures(checkpoint)["tried"] == {}


class Broken(Full):
    """Cannot be trained."""

    def run(self, base: Path, data: Dataset) -> Checkpoint:
        raise TrainingError("the loss is nan", hint="none")


def test_what_cannot_be_tried_is_said_and_another_is_taken(base, topics, registry, context) -> None:
    def find(kind: str, name: str) -> Any:
        return Broken if name == "full" else registry.usable_step(kind, name)

    circumstances = context.at(context.out, find_step=find)
    options = registry.options("finetune", "auto", {"among": ["full", "probe"]})
    checkpoint = registry.step("finetune", "auto")(options, circumstances).run(base, topics)
    assert figures(checkpoint)["chosen"] == "probe"
    assert figures(checkpoint)["tried"]["full"] == {"problem": "the loss is nan"}
    assert len(figures(checkpoint)["tried"]["probe"]["folds"]) == 1  # nothing to compare it with


def test_what_fails_on_a_later_fold_is_not_taken(base, topics, registry, context) -> None:
    begun = []

    class Failing(Full):
        """Cannot be trained a second time."""

        def run(self, base: Path, data: Dataset) -> Checkpoint:
            begun.append(self.context.out)
            if len(begun) > 1:
                raise TrainingError("the disk is full", hint="free some space")
            return super().run(base, data)

    def find(kind: str, name: str) -> Any:
        return Failing if name == "full" else registry.usable_step(kind, name)

    circumstances = context.at(context.out, find_step=find)
    options = registry.options("finetune", "auto", {"among": ["full", "probe"], "epochs": 0.1})
    checkpoint = registry.step("finetune", "auto")(options, circumstances).run(base, topics)
    tried = figures(checkpoint)["tried"]
    assert figures(checkpoint)["chosen"] == "probe"
    assert tried["full"] == {"problem": "the disk is full"}
    assert len(tried["probe"]["folds"]) == 2
    assert len(begun) == 2


def test_auto_keeps_what_it_tried_when_it_is_interrupted(base, topics, registry, context) -> None:
    begun = []

    class Slow(Full):
        """Is interrupted in the second fold, once."""

        def run(self, base: Path, data: Dataset) -> Checkpoint:
            begun.append(self.context.out)
            if len(begun) == 2:
                raise KeyboardInterrupt
            return super().run(base, data)

    found = {"full": Slow, "probe": registry.step("finetune", "probe")}
    notes = Notes()
    circumstances = context.at(
        context.out,
        find_step=lambda kind, name: found[name],
        fingerprint="the same step",
        progress=notes,
    )
    options = registry.options(
        "finetune", "auto", {"among": ["probe", "full"], "epochs": 0.1, "folds": 2}
    )
    step = registry.step("finetune", "auto")(options, circumstances)
    with pytest.raises(KeyboardInterrupt):
        step.run(base, topics)
    notes.said.clear()
    checkpoint = step.run(base, topics)
    assert [note for note in notes.said if note.startswith("trying")] == [
        "trying full, fold 2 of 2"
    ]
    assert [len(each["folds"]) for each in figures(checkpoint)["tried"].values()] == [2, 2]


def test_what_could_not_be_tried_is_tried_by_the_next_run(base, topics, registry, context) -> None:
    begun = []

    class Unlucky(Full):
        """Fails twice."""

        def run(self, base: Path, data: Dataset) -> Checkpoint:
            begun.append(self.context.out)
            if len(begun) <= 2:
                raise TrainingError("the disk is full", hint="free some space")
            return super().run(base, data)

    circumstances = context.at(
        context.out, find_step=lambda kind, name: Unlucky, fingerprint="the same step"
    )
    options = registry.options(
        "finetune", "auto", {"among": ["full", "lora"], "epochs": 0.1, "folds": 2}
    )
    step = registry.step("finetune", "auto")(options, circumstances)
    with pytest.raises(TrainingError, match="no finetuner could be tried"):
        step.run(base, topics)
    tried = figures(step.run(base, topics))["tried"]
    assert all(each["folds"] for each in tried.values())


def test_where_nothing_can_be_tried_auto_fails(finetuned) -> None:
    with pytest.raises(TrainingError, match="no finetuner could be tried"):
        finetuned("auto", among=["probe", "full"], max_length=5000)


def test_a_wrong_name_is_said_before_anything_is_tried(finetuned) -> None:
    with pytest.raises(PluginError, match="unknown finetuner 'prob'"):
        finetuned("auto", among=["prob", "full"])


def test_auto_cannot_choose_itself(finetuned) -> None:
    with pytest.raises(PluginError, match="auto cannot choose auto"):
        finetuned("auto", among=["auto", "probe"])
