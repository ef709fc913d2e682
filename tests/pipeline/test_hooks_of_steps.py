"""What a plan asks the steps of a stranger: it knows no option of anybody by its name."""

from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.errors import ModelError
from edgeft.options import Options
from edgeft.pipeline import plan
from edgeft.registry import Registry
from edgeft.steps import Augmenter, Distiller, Pruner


class WordsOptions(Options):
    of: str | None = None
    sign: str = ""


class Words(Augmenter[WordsOptions]):
    """Asks a model for words, in the sign that its tokenizer has."""

    name = "words"
    Options = WordsOptions
    models = ("of",)
    of_base = "of"

    @classmethod
    def settle(cls, options: WordsOptions, model: Path) -> WordsOptions:
        return options.model_copy(update={"sign": options.sign or f"<{model.name}>"})

    def run(self, data: Dataset) -> Dataset:
        raise NotImplementedError


class PickyOptions(Options):
    quarters: int = 1


class Picky(Distiller[PickyOptions]):
    """Makes students of a quarter's size, and of no bundle."""

    name = "picky"
    Options = PickyOptions

    @classmethod
    def check_teacher(cls, options: PickyOptions, teacher: Checkpoint | Bundle) -> None:
        if isinstance(teacher, Bundle):
            raise ModelError("picky takes no bundle", hint="name a checkpoint")

    @classmethod
    def share(cls, options: PickyOptions, base: Path) -> float:
        return options.quarters / 4

    def run(self, teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
        raise NotImplementedError


class SlowOptions(Options):
    long: bool = False


class Slow(Pruner[SlowOptions]):
    """Trains where it is told to."""

    name = "slow"
    Options = SlowOptions

    @classmethod
    def trains(cls, options: SlowOptions) -> bool:
        return options.long

    def run(self, checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
        raise NotImplementedError


@pytest.fixture
def ours(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry, with the steps of a stranger beside the others."""
    mine: dict[Any, Any] = {(each.kind, each.name): each for each in (Words, Picky, Slow)}
    monkeypatch.setattr(registry, "steps", registry.steps | mine)
    return registry


def test_an_option_that_is_left_open_means_the_base(make_recipe, ours, tiny_base):
    recipe = make_recipe(steps=[{"augment": "words"}])
    found = plan(recipe, Path("run"), ours).nodes[1]
    assert found.options == WordsOptions(of=recipe.base, sign=f"<{tiny_base.name}>")


def test_what_is_given_stays(make_recipe, ours, tiny_base):
    given = {"method": "words", "of": str(tiny_base), "sign": "_"}
    found = plan(make_recipe(steps=[{"augment": given}]), Path("run"), ours).nodes[1]
    assert found.options == WordsOptions(of=str(tiny_base), sign="_")


def test_a_teacher_that_cannot_teach_is_refused_by_who_would_learn(make_recipe, ours, tiny_bundle):
    recipe = make_recipe(teacher=str(tiny_bundle.path), steps=[{"distill": "picky"}])
    with pytest.raises(ModelError, match="picky takes no bundle"):
        plan(recipe, Path("run"), ours)


def test_the_disk_is_counted_by_what_a_student_says_of_itself(make_recipe, ours, tiny_base):
    base = (tiny_base / "model.safetensors").stat().st_size
    found = {}
    for quarters in (1, 2):
        given = {"method": "picky", "quarters": quarters}
        recipe = make_recipe(steps=[{"finetune": "full"}, {"distill": given}], effort="quick")
        found[quarters] = plan(recipe, Path("run"), ours).bytes_left
    assert found == {1: int(1.25 * base), 2: int(1.5 * base)}


def test_a_pruner_that_trains_needs_room_for_it(make_recipe, ours, tiny_base):
    base = (tiny_base / "model.safetensors").stat().st_size
    needed = []
    for long in (False, True):
        steps = [{"finetune": "full"}, {"prune": {"method": "slow", "long": long}}]
        needed.append(plan(make_recipe(steps=steps), Path("run"), ours).bytes_needed)
    assert needed == [10 * base, 11 * base]
