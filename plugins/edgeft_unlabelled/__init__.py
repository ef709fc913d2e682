"""Finetuners that learn from texts without labels."""

from collections.abc import Iterable
from typing import Any

from edgeft.plugin import Finetuner, hookimpl


@hookimpl
def edgeft_register_finetuners() -> Iterable[type[Finetuner[Any]]]:
    return []
