"""Finetuners that put a prompt before the texts, and leave the encoder as it is."""

from collections.abc import Iterable
from typing import Any

from edgeft.plugin import Finetuner, hookimpl


@hookimpl
def edgeft_register_finetuners() -> Iterable[type[Finetuner[Any]]]:
    return []
