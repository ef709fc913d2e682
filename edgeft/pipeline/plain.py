"""The student that is trained without its teacher, for the report."""

from typing import Any

from edgeft.options import Options
from edgeft.pipeline.search.effort import copies_of
from edgeft.recipe import Recipe
from edgeft.registry import Registry
from edgeft.steps import Distiller

PLAIN = "student-plain"
"""name of its directory"""


def plain_options(
    cls: type[Distiller[Any]], options: Options, recipe: Recipe, registry: Registry
) -> Options | None:
    """What trains the same student without its teacher, for the report.

    None where there is no such thing, or where the recipe wants to be quick.
    """
    if recipe.effort == "quick":
        return None
    alone = cls(options, context=None).plain()  # type: ignore[arg-type]
    return None if alone is None else as_long(alone, copies_of(recipe.steps, registry))


def as_long(options: Options, copies: int) -> Options:
    """The options of a student without copies, with epochs for them: up to its method's default."""
    epochs = getattr(options, "epochs", None)
    if epochs is None:
        return options
    usual = type(options).model_fields["epochs"].default
    return options.model_copy(update={"epochs": min(max(epochs, usual), epochs * (1 + copies))})
