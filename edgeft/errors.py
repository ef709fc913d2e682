"""What can go wrong for a user: one family, two lines each.

EdgeftError                 what is wrong in one sentence, then a hint: what to do
├── DataError               a data source, column, text or label
├── RecipeError             the recipe: its keys, steps, order or values
├── ModelError              a base model or checkpoint that cannot be found or used
├── PluginError             a plugin that is unknown, broken, or in another's way
│   └── MissingPackage      a step whose Python package is not installed
├── BundleError             a bundle that is damaged, foreign or too new
├── ProviderError           an execution provider (device) that cannot be had
├── GateError               a measured loss above what the recipe allows
├── TrainingError           a training that went wrong: loss is not a number, nothing to learn
└── OutputError             an output that exists, cannot be written, or a full disk
"""

from collections.abc import Sequence
from typing import Any


class EdgeftError(Exception):
    """What is wrong in one sentence that names the thing; `hint` says what to do.

    `table` holds what was there to choose from, if that says more: rows of cells, a header first.
    """

    def __init__(
        self, message: str, *, hint: str = "", table: Sequence[Sequence[str]] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.table = table
        if hint:
            self.add_note(f"hint: {hint}")  # stands below the message in a traceback


class DataError(EdgeftError):
    """A data source, column, text or label cannot be used."""


class RecipeError(EdgeftError):
    """The recipe has a wrong key, step, order or value."""


class ModelError(EdgeftError):
    """A base model or checkpoint cannot be found or used."""


class PluginError(EdgeftError):
    """A plugin is unknown, broken, or in another's way."""


class MissingPackage(PluginError):
    """A step needs a Python package that is not installed."""


class BundleError(EdgeftError):
    """A bundle is damaged, foreign or too new."""


class ProviderError(EdgeftError):
    """An execution provider cannot be had on this machine."""


class GateError(EdgeftError):
    """A measured loss is above what the recipe allows; `report` is the run's, where it has one."""

    report: Any = None


class TrainingError(EdgeftError):
    """A training went wrong."""


class OutputError(EdgeftError):
    """An output exists already, or cannot be written."""


def first_line(error: BaseException) -> str:
    """The first line that an exception says, or its type where it says nothing."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
