"""Whether what a student learns from beside labelled texts is a lever of its own."""

from edgeft.pipeline.search.effort import adds_copies
from edgeft.recipe import Recipe, StepSpec
from edgeft.registry import Registry
from edgeft.steps import Distiller, Finetuner

TRAINED = (Finetuner.kind, Distiller.kind)


def as_another(option: str, recipe: Recipe, number: int, registry: Registry) -> bool:
    """Whether a step without this option makes what it makes with it, or without another lever.

    That is so where it alone learns from copies, and one augment step made them all; where it alone
    reads texts without labels; and where there are none of either.
    """
    if option == "use_copies":
        earlier = recipe.steps[:number]
        augmented = [place for place, step in enumerate(earlier) if adds_copies(step, registry)]
        if len(augmented) == 1:
            return not any(step.kind in TRAINED for step in earlier[augmented[0] :])
        return not augmented
    if option == "use_unlabelled":
        if recipe.data.unlabelled is None or recipe.data.train is None:  # no pool, or nothing else
            return True
        others = [*recipe.steps[:number], *recipe.steps[number + 1 :]]
        return not any(reads_pool(each, registry) for each in others)
    return False


def reads_pool(step: StepSpec, registry: Registry) -> bool:
    """Whether a step learns from texts without labels."""
    if step.searches:
        return True
    cls = registry.step(step.kind, step.method)
    asked = "unlabelled" in cls.splits or "use_unlabelled" in cls.Options.model_fields
    return asked or prepares(step, registry)


def prepares(step: StepSpec, registry: Registry) -> bool:
    """Whether a step only gets a model ready for the finetune step behind it."""
    if step.kind != Finetuner.kind:
        return False
    cls = registry.step(step.kind, step.method)
    return issubclass(cls, Finetuner) and not cls.answers
