"""What `effort` decides: how long to train where nobody said so, and how much to try."""

from edgeft.recipe import SEARCHED, Recipe, StepSpec
from edgeft.registry import Registry
from edgeft.steps import Augmenter

SHARE = {"quick": 0.5, "default": 1.0, "thorough": 1.5}
"""epochs as a share of what the step takes by default"""
NEIGHBOURS = {"quick": 2, "default": 8, "thorough": 12}
"""copies with words replaced by like ones, which teach the most, where a recipe that looks for its
student leaves them open"""
COPIES = {"quick": 1, "default": 2, "thorough": 3}
"""other copies, likewise"""
R_DROP = {"quick": 0.0, "default": 1.0, "thorough": 1.0}
"""weight of R-Drop where a step leaves it to the effort: it takes a teacher twice the time"""
PASSES = 27.5
"""times that a student of layers reads a text or one of its copies: 2.5 epochs with ten copies"""
MOST = 10.0
"""epochs, where a text has few copies or none"""
DEEPEST = {"quick": 2, "default": 3, "thorough": None}
"""layers of the largest student that is tried; None for as many as the teacher has"""


def with_effort(recipe: Recipe, registry: Registry) -> Recipe:
    """The recipe with epochs and copies written down where its steps leave them to the effort.

    Raises PluginError for a step that is unknown.
    """
    steps = [amended(step, recipe, registry) for step in recipe.steps]
    found = recipe.model_copy(update={"steps": steps})
    return with_epochs(found, registry) if recipe.searches else found


def with_epochs(recipe: Recipe, registry: Registry) -> Recipe:
    """The recipe with epochs for the student that it looks for: the more copies, the fewer."""
    place = next(number for number, step in enumerate(recipe.steps) if step.searches)
    copies = copies_of(recipe.steps[:place], registry)
    if not copies:  # the search adds them
        copies = NEIGHBOURS[recipe.effort] + COPIES[recipe.effort]
    if not recipe.steps[place].options.get("use_copies", True):
        copies = 0
    epochs = round(min(MOST, PASSES / (1 + copies)) * SHARE[recipe.effort], 1)
    steps = list(recipe.steps)
    options = {"epochs": epochs, **steps[place].options}
    steps[place] = steps[place].model_copy(update={"options": options})
    return recipe.model_copy(update={"steps": steps})


def copies_of(steps: list[StepSpec], registry: Registry) -> int:
    """How many copies of a text some steps make, as far as they say."""
    return sum(int(step.options.get("copies", 1)) for step in steps if adds_copies(step, registry))


def adds_copies(step: StepSpec, registry: Registry) -> bool:
    """Whether a step makes copies of texts."""
    if step.kind != Augmenter.kind:
        return False
    cls = registry.step(step.kind, step.method)
    return issubclass(cls, Augmenter) and cls.adds


def amended(step: StepSpec, recipe: Recipe, registry: Registry) -> StepSpec:
    """The step with what the effort decides: epochs, copies and R-Drop, as far as it is open."""
    cls = registry.step(*(SEARCHED if step.searches else (step.kind, step.method)))
    fields, share = cls.Options.model_fields, SHARE[recipe.effort]
    found = dict(step.options)
    if (
        share != 1.0
        and not step.searches
        and "epochs" in fields
        and isinstance(fields["epochs"].default, int | float)
    ):
        found.setdefault("epochs", fields["epochs"].default * share)
    if recipe.searches and step.kind == "augment" and "copies" in fields:
        amounts = NEIGHBOURS if step.method == "neighbours" else COPIES
        found.setdefault("copies", amounts[recipe.effort])
    if found.get("r_drop") == "auto":
        found["r_drop"] = R_DROP[recipe.effort]
    return step.model_copy(update={"options": found})
